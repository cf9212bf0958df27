/** `npm run demo:failover`: it shows what it promises, and leaves nothing behind, however it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { assert, suite } from '../../_support/suite.js';
import { until } from '../../_support/until.js';

const DEMO = fileURLToPath(new URL('./demo.js', import.meta.url));

class Demo {
  /** Leads a group of its own, as behind a prompt. */
  readonly process: ChildProcess;
  readonly ended: Promise<unknown[]>;
  output = '';

  constructor(...systems: string[]) {
    this.process = spawn(process.execPath, [DEMO, ...systems], { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.on('data', (data) => (this.output += data));
    this.ended = once(this.process, 'exit');
  }

  shows(text: string): Promise<void> {
    return until(`the demo says ${text}`, () => this.output.includes(text));
  }

  /** The processes that it started and that run still. */
  get left(): string[] {
    return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && groupOf(pid) === this.process.pid);
  }
}

function groupOf(pid: string): number | undefined {
  try {
    return Number(
      readFileSync(`/proc/${pid}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ')[2],
    );
  } catch {
    return undefined;
  }
}

const mounts = () => readFileSync('/proc/self/mountinfo', 'latin1');

suite('the demo of a failover', ({ test }) => {
  test('shows an address lost and given back', async () => {
    const before = mounts();
    const demo = new Demo('iproute2');
    assert.equal(await demo.ended, [0, null], demo.output);
    assert.match(demo.output, /guest {2}eth0: 192\.0\.2\.10\/24, 2001:db8:1::10\/64, via 192\.0\.2\.1/);
    assert.match(demo.output, /guest {2}eth1: 198\.51\.100\.\d+\/24, via 198\.51\.100\.1/);
    assert.match(demo.output, /SET_IP_INFO\n[\s\S]*guest {2}eth1: 192\.0\.2\.10\/24/);
    assert.match(demo.output, 'ping 192.0.2.1: answered');
    assert.match(demo.output, /address back \d+\.\d\d s after the loss\n/);
    assert.equal([demo.left, mounts()], [[], before]);
  });

  for (const [how, signal, whom, end] of [
    ['interrupted from the keyboard', 'SIGINT', 'group', [null, 'SIGINT']],
    ['killed', 'SIGKILL', 'leader', [null, 'SIGKILL']],
  ] as const)
    test(`${how}, it leaves no process and no mount`, async () => {
      const before = mounts();
      const demo = new Demo('iproute2');
      await demo.shows('SET_IP_INFO');
      process.kill(whom === 'group' ? -demo.process.pid! : demo.process.pid!, signal);
      assert.equal(await demo.ended, end);
      await until('its processes have ended', () => demo.left.length === 0);
      assert.is(mounts(), before);
    });

  test('says which systems there are', async () => {
    const demo = new Demo('another');
    assert.equal(await demo.ended, [2, null]);
    assert.match(demo.output, 'use iproute2, networkd, networkmanager, ifupdown, netplan');
  });
});
