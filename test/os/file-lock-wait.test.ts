import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { tryLockFile, unlockFile, waitForFileLock } from '#internal';
import { hold, LOCKS, type LockKind, release } from '../_support/lock-holder.js';
import { assert, suite } from '../_support/suite.js';
import { poolDirectory, poolPath } from '../pool/pool-directory.js';
import { ended } from '../pool/processes.js';

const linux = process.platform === 'linux';
const FOR_EVER = { timeoutMs: 2 ** 31 - 1 };

function lockedFile() {
  const path = poolPath(poolDirectory(), 0);
  writeFileSync(path, '');
  return path;
}

/** Lines of /proc/locks about this file that stand for a wait. */
function waiting(path: string): number {
  const { ino } = statSync(path);
  return readFileSync('/proc/locks', 'utf8')
    .split('\n')
    .filter((line) => line.includes('->') && line.includes(`:${ino} `)).length;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

suite('waiting for file locks', ({ testIf }) => {
  for (const kind of Object.keys(LOCKS) as LockKind[]) {
    testIf(linux, 'the locks of Linux', `${kind}: waits in the kernel until the lock is given back`, async () => {
      const path = lockedFile();
      const holder = await hold(path, kind, 'EX');
      const fd = openSync(path, 'r+');
      const wait = waitForFileLock(fd, 'exclusive', FOR_EVER);
      await until(() => waiting(path) === 1);
      await release(holder);
      assert.ok(await wait);
      const other = openSync(path, 'r+');
      assert.not.ok(tryLockFile(other, 'shared'), 'both kinds are held');
      unlockFile(fd);
      assert.ok(tryLockFile(other, 'shared'));
      closeSync(fd);
      closeSync(other);
    });

    testIf(linux, 'the locks of Linux', `${kind}: a wait that ended takes no lock later`, async () => {
      const path = lockedFile();
      const holder = await hold(path, kind, 'EX');
      const fd = openSync(path, 'r+');
      const given = new AbortController();
      const aborted = waitForFileLock(fd, 'exclusive', { ...FOR_EVER, signal: given.signal });
      await until(() => waiting(path) === 1);
      given.abort();
      assert.not.ok(await aborted);
      assert.not.ok(await waitForFileLock(fd, 'exclusive', { timeoutMs: 30 }));
      assert.is(waiting(path), 0, 'nothing waits in the kernel any more');
      await release(holder);
      const other = openSync(path, 'r+');
      assert.ok(tryLockFile(other, 'exclusive'), 'the one kind is given back too');
      closeSync(fd);
      closeSync(other);
    });
  }

  testIf(linux, 'the locks of Linux', 'eight waits stop no other call on files', async () => {
    const path = lockedFile();
    const holder = await hold(path, 'flock', 'EX');
    const fds = Array.from({ length: 8 }, () => openSync(path, 'r+'));
    const waits = fds.map((fd) => waitForFileLock(fd, 'shared', FOR_EVER));
    await until(() => waiting(path) === 8);
    for (let round = 0; round < 50; round++) assert.is((await readFile(path)).length, 0);
    await release(holder);
    assert.equal(
      await Promise.all(waits),
      fds.map(() => true),
    );
    for (const fd of fds) closeSync(fd);
  });

  testIf(
    linux,
    'the locks of Linux',
    'waits end at their deadline for a user who may have no pending signal',
    async () => {
      const path = lockedFile();
      const holder = await hold(path, 'flock', 'EX');
      // The second wait goes straight to a thread; the first has its first milliseconds in the calling one.
      const program =
        "import { openSync } from 'node:fs'; import { waitForFileLock } from '#internal';" +
        `const wait = () => waitForFileLock(openSync(${JSON.stringify(path)}, 'r+'), 'exclusive', { timeoutMs: 300 });` +
        'console.log(JSON.stringify(await Promise.all([wait(), wait()])));';
      const { code, stdout } = await inPackage(program, ['prlimit', '--sigpending=0']);
      assert.is(code, 0);
      assert.equal(JSON.parse(stdout), [false, false]);
      await release(holder);
    },
  );

  testIf(linux, 'the locks of Linux', 'a process may end at any moment while a thread starts to wait', async () => {
    const path = lockedFile();
    const holder = await hold(path, 'fcntl', 'EX');
    const program = (afterMs: number) =>
      "import { openSync } from 'node:fs'; import { waitForFileLock } from '#internal';" +
      `waitForFileLock(openSync(${JSON.stringify(path)}, 'r+'), 'exclusive', { timeoutMs: 2 ** 31 - 1 });` +
      `setTimeout(() => process.exit(7), ${afterMs});`;
    const moments = Array.from({ length: 24 }, (_, at) => at * 3);
    const next = async (): Promise<void> => {
      const moment = moments.shift();
      if (moment === undefined) return;
      const { code, signal, stderr } = await inPackage(program(moment));
      assert.equal([code, signal], [7, null], `after ${moment} ms: ${stderr}`);
      return next();
    };
    await Promise.all([next(), next(), next()]);
    await release(holder);
  });

  const exits: Record<string, string> = {
    'process.exit': 'process.exit(7)',
    'an uncaught error': "process.exitCode = 7; setImmediate(() => { throw new Error('x') })",
  };
  for (const [name, code] of Object.entries(exits)) {
    testIf(linux, 'the locks of Linux', `a process ends by ${name} while it waits`, async () => {
      const path = lockedFile();
      const holder = await hold(path, 'fcntl', 'EX');
      const program =
        "import { openSync, readFileSync, statSync } from 'node:fs'; import { waitForFileLock } from '#internal';" +
        `waitForFileLock(openSync(${JSON.stringify(path)}, 'r+'), 'exclusive', { timeoutMs: 2 ** 31 - 1 });` +
        `const waits = () => readFileSync('/proc/locks', 'utf8').split('\\n').some((line) => line.includes('->') && line.includes(':${statSync(path).ino} '));` +
        `const look = setInterval(() => { if (waits()) { clearInterval(look); ${code}; } }, 1);`;
      const { code: end, signal } = await inPackage(program);
      assert.is(signal, null);
      assert.is.not(end, 0);
      await release(holder);
    });
  }
});

/** `under` is a command that runs another. */
function inPackage(program: string, under: string[] = []) {
  const cwd = fileURLToPath(new URL('../../../', import.meta.url));
  const [command = '', ...args] = [...under, process.execPath, '--input-type=module', '-e', program];
  const child: ChildProcess = spawn(command, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return ended(child);
}
