/**
 * Text that is no address, from the host's ring to the daemon's program: refused as 0x80070057, no file touched, no
 * program started. Text that is one reaches programs and files in its canonical form alone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { ADAPTER_NOT_FOUND, INVALID_ARGUMENT } from '../../_support/harmed-guest.js';
import { hostRequest } from '../../_support/host-requests.js';
import { assert, suite } from '../../_support/suite.js';
import { until } from '../../_support/until.js';
import { writeFile } from './guest-system.js';
import { run } from './network.js';
import { type ProgramGuest, restartDaemon, STATE_DIR } from './program-guest.js';
import { SECOND } from './story.js';

/** What a shell, a terminal, a path, and each manager's file would understand. */
const HOSTILE = [
  '$(touch z)',
  '`touch z`',
  '192.0.2.1;touch z',
  '192.0.2.1\nup touch z',
  '192.0.2.1\n[Match]\nName=*',
  '192.0.2.1\r\n[ipv4]\nmethod=auto',
  '- yaml: {true: 1}',
  '192.0.2.1 # comment',
  '192.0.2.1 dev lo',
  '--help',
  '../../../etc/passwd',
  '/etc/shadow',
  '\u202e192.0.2.1',
  '١٩٢.0.2.1',
  '0x7f000001',
  '0192.0.2.1',
  '256.1.1.1',
  'fe80::1%$(id)',
  '2001:db8::/32',
  '1'.repeat(500),
];
const HOSTILE_IDS = [
  '$(touch z)',
  '../../../etc/passwd',
  `${SECOND.guid};touch z`,
  `${SECOND.guid.slice(0, -1)}\n}`,
  '',
];
/** Offsets of the string form in the KVP message (protocol.md 3.5), which follows 28 bytes of headers. */
const FIELDS = { addresses: 28 + 260, subnets: 28 + 2308, gateways: 28 + 4356, dns: 28 + 5380 } as const;
const STATUS = 20;

type Texts = Partial<Record<keyof typeof FIELDS, string>>;

/** As a host of message version 4.0 would put it on the ring, whatever the texts are. */
function setIpPayload(adapter: string, texts: Texts): Buffer {
  const payload = hostRequest(5, { pool: 1, adapter });
  for (const [field, at] of Object.entries(FIELDS)) payload.write(texts[field as keyof Texts] ?? '', at, 'utf16le');
  return payload;
}

export function testInput({ guest, name, file }: { guest: ProgramGuest; name: string; file: string }): void {
  const statusOf = async (adapter: string, texts: Texts) =>
    Buffer.from(await guest.vm.sendRaw(setIpPayload(adapter, texts))).readUInt32LE(STATUS);
  const good: Texts = { addresses: '192.0.2.10', subnets: '255.255.255.0', gateways: '192.0.2.1', dns: '192.0.2.53' };

  suite(`hv-kvp-daemon with ${name} and text that is no address`, ({ test, after }) => {
    // The log leaves out most lines of a kind that comes so often.
    after(async () => {
      await guest.daemon.stop('SIGKILL');
      await restartDaemon(guest);
    });

    test('refuses it wherever it stands, changes no file and starts no program', async () => {
      const touched = await watchFiles();
      const started = await recordPrograms(guest);
      for (const text of HOSTILE)
        for (const field of ['addresses', 'subnets', 'gateways', 'dns'] as const)
          assert.is(await statusOf(SECOND.guid, { ...good, [field]: text }), INVALID_ARGUMENT, `${field} ${text}`);
      for (const id of HOSTILE_IDS) assert.is(await statusOf(id, good), ADAPTER_NOT_FOUND, id);
      assert.equal(await started(), []);
      assert.equal(touched(), []);
    });

    test('hands on what is one in its canonical form', async () => {
      const touched = await watchFiles();
      const started = await recordPrograms(guest);
      const odd = { ...good, addresses: ' 192.0.2.11 ;;2001:0DB8:0001:0::00aB;', subnets: '/24;;064' };
      assert.is(await statusOf(SECOND.guid, odd), 0, guest.daemon.output);
      const programs = await started();
      assert.ok(programs.length > 0);
      const written = touched().filter((path) => path.startsWith('/etc/') && statSync(path).isFile());
      assert.ok(written.includes(file), `${written}`);
      for (const text of [...programs, ...written.map((path) => readFileSync(path, 'utf8'))])
        assert.not.match(text, /0DB8|00aB|;;|064/, text);
      assert.ok(run('ip', 'address', 'show', 'dev', SECOND.link).includes('2001:db8:1::ab/64'));
    });
  });
}

/** Every program that the daemon starts from now on; the function returned ends the recording. */
async function recordPrograms({ daemon }: ProgramGuest): Promise<() => Promise<string[]>> {
  const log = '/run/log/programs';
  const options = ['-f', '-e', 'trace=execve', '-s', '4096', '-o', log];
  const strace: ChildProcess = spawn('strace', [...options, '-p', String(daemon.process.pid)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => strace.once('close', resolve));
  let said = '';
  strace.stderr?.on('data', (chunk) => (said += chunk));
  await until('strace is attached', () => said.includes('attached'));
  return async () => {
    strace.kill('SIGINT');
    await ended;
    return (
      readFileSync(log, 'utf8')
        .split('\n')
        // Without the address of the environment, whose digits may be anything.
        .flatMap((line) => /execve\((.*), 0x[0-9a-f]+ \/\*/.exec(line)?.[1] ?? [])
    );
  };
}

/**
 * From now on; the function returned names everything that was made, written or renamed.
 * The pools and the journal's own files, which every request may write, are not looked at.
 */
async function watchFiles(): Promise<() => string[]> {
  const mark = '/run/log/now';
  writeFile(mark, '');
  const changed = (path: string) => statSync(path, { bigint: true }).ctimeNs;
  // The kernel's clock for files stands still for some milliseconds.
  await until('files get a later time', () => {
    writeFile(`${mark}.later`, '');
    return changed(`${mark}.later`) > changed(mark);
  });
  const newer = (...where: string[]) => run('find', ...where, '-not', '-type', 'd', '-cnewer', mark).split('\n');
  return () =>
    [...newer('/etc', '/srv', '/usr/local'), ...newer('/', '/run', process.cwd(), '-maxdepth', '1')].filter(
      (path) => path !== '' && !path.startsWith(STATE_DIR),
    );
}
