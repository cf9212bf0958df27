import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openPools } from 'hv-kvp/pool';
import { assert, suite } from '../_support/suite.js';
import { poolDirectory, poolPath, records } from '../pool/pool-directory.js';
import { run, script } from '../pool/processes.js';

const SIZES = (process.env['HV_KVP_KILL_RECORDS'] ?? '1,50,51').split(',').map(Number);
const CHANGES = ['add', 'modify', 'delete'] as const;

const startingPool = (count: number) =>
  records(...Array.from({ length: count }, (_, n): [string, string] => [`k${n}`, `${'v'.repeat(1990)}${n}`]));

/** Runs a change under strace, which looks only at what concerns the pool and its journal. */
function traced(directory: string, change: string, log: string, injection: string[] = []) {
  const paths = [poolPath(directory, 1), join(directory, '.hv-kvp-journal_1')].flatMap((path) => ['-P', path]);
  return run('strace', [
    ...['-f', '-qq', '-o', log, ...paths, ...injection],
    ...[process.execPath, script('./pool-change.js', import.meta.url), directory, change],
  ]);
}

async function contents(directory: string): Promise<string> {
  const entries = await (await openPools(directory)).pool(1).entries();
  return entries.map(({ key, value }) => `${key}=${value}`).join('\n');
}

/** Each system call on the two files, by name and its number among those of its name. */
function callsOf(log: string): { name: string; number: number }[] {
  const counts = new Map<string, number>();
  return readFileSync(log, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const name = /^\d+ +(\w+)\(/.exec(line)?.[1];
      if (name === undefined) return [];
      const number = (counts.get(name) ?? 0) + 1;
      counts.set(name, number);
      return [{ name, number }];
    });
}

suite('pool killed at every system call', ({ test }) => {
  for (const size of SIZES) {
    for (const change of CHANGES) {
      test(
        `${change}, ${size} records: as before or as after, and nothing acknowledged is lost`,
        async () => {
          const root = poolDirectory();
          const log = join(root, 'strace.log');
          const start = join(root, 'start');
          writeFileSync(start, startingPool(size));
          const directory = join(root, 'pools');
          const reset = () => {
            rmSync(directory, { recursive: true, force: true });
            mkdirSync(directory);
            copyFileSync(start, poolPath(directory, 1));
          };

          reset();
          const before = await contents(directory);
          const whole = await traced(directory, change, log);
          assert.is(whole.stdout, 'acknowledged\n', whole.stderr);
          const calls = callsOf(log);
          const after = await contents(directory);
          assert.ok(calls.some(({ name }) => name === (change === 'delete' ? 'ftruncate' : 'pwrite64')));

          const outcomes = { before: 0, after: 0 };
          for (const { name, number } of calls) {
            reset();
            const inject = `inject=${name}:signal=KILL:when=${number}`;
            const { stdout, signal, code } = await traced(directory, change, log, ['-e', inject]);
            assert.ok(signal === 'SIGKILL' || code !== 0, `${inject} did not kill: ${code}`);
            const result = await contents(directory);
            assert.ok(result === before || result === after, `${inject}: neither before nor after`);
            if (stdout !== '') assert.is(result, after, `${inject}: acknowledged, then lost`);
            outcomes[result === after ? 'after' : 'before']++;
          }
          console.log(`${change}, ${size} records: ${calls.length} kills`, outcomes);
          assert.ok(outcomes.before > 0 && outcomes.after > 0);
        },
        { limit: size > 100 ? 3_000_000 : 280_000 },
      );
    }
  }
});
