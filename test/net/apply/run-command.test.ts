import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { commandRunner } from '#internal';
import { assert, suite } from '../../_support/suite.js';
import { temporaryFolder } from '../../_support/temporary-folder.js';

const run = commandRunner();
const LIMITS = { withinMs: 10_000 };
const sh = (script: string, ...rest: string[]) => ({ argv: ['sh', '-c', script, ...rest] as [string, ...string[]] });

interface Failure {
  code: string;
  message: string;
}
const failureOf = async (work: Promise<unknown>): Promise<Failure> =>
  work.then(
    () => ({ code: 'none', message: '' }),
    (error: unknown) => error as Failure,
  );

suite('a manager’s program', ({ test }) => {
  test('gets its arguments as they are, and nothing of our environment', async () => {
    process.env['HV_KVP_SECRET'] = 'x';
    const odd = '$(reboot); `id` "\'\n\\ *';
    const said = await run(sh('printf "%s|%s|%s" "$1" "$HV_KVP_SECRET" "$PWD"', '-', odd), LIMITS);
    delete process.env['HV_KVP_SECRET'];
    assert.is(said, `${odd}||/`);
  });

  test('its failure is told with its exit and its last line', async () => {
    const { code, message } = await failureOf(run(sh('echo first; echo "no such device" >&2; exit 4'), LIMITS));
    assert.is(code, 'ERR_NET_COMMAND');
    assert.match(message, /exit 4: no such device$/);
  });

  test('one that is not installed is a failure too', async () => {
    const { code, message } = await failureOf(run({ argv: ['hv-kvp-no-such-program', 'x'] }, LIMITS));
    assert.is(code, 'ERR_NET_COMMAND');
    assert.match(message, /ENOENT/);
  });

  test('one that hangs is killed in time, with what it started, even if it minds no signal', async () => {
    const pids = join(temporaryFolder(), 'pids');
    const hang = sh(
      `trap '' TERM; sh -c 'trap "" TERM; echo $$ >> ${pids}; while :; do sleep 1; done' & echo $$ >> ${pids}; while :; do sleep 1; done`,
    );
    const { message } = await failureOf(run(hang, { withinMs: 300 }));
    assert.match(message, /killed after 300 ms/);
    for (const pid of readFileSync(pids, 'utf8').trim().split('\n')) await ends(Number(pid));
  });

  test('the signal kills it at once, and nothing is started after it', async () => {
    const control = new AbortController();
    const work = failureOf(run(sh('while :; do sleep 1; done'), { ...LIMITS, signal: control.signal }));
    control.abort();
    assert.match((await work).message, /the time is over/);
    assert.match((await failureOf(run(sh('true'), { ...LIMITS, signal: control.signal }))).message, /not started/);
  });

  test('a daemon that it leaves behind, with its output open, is not waited for and not killed', async () => {
    const pids = join(temporaryFolder(), 'pids');
    await run(
      sh(`setsid sh -c 'echo $$ > ${pids}; exec sleep 100' & while ! [ -s ${pids} ]; do sleep 0.01; done; echo up`),
      LIMITS,
    );
    const daemon = Number(readFileSync(pids, 'utf8'));
    process.kill(daemon, 0);
    process.kill(daemon, 'SIGKILL');
  });

  test('of much output the end is kept', async () => {
    const said = await run(sh('seq 1 200000; echo end'), LIMITS);
    assert.ok(said.length <= 16_384);
    assert.match(said, /200000\nend$/);
  });
});

async function ends(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
      if (/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))) return;
    } catch {
      return;
    }
    await pass(5);
  }
}
