import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { leftProgram } from '#internal';
import { assert, suite } from '../../_support/suite.js';
import { temporaryFolder } from '../../_support/temporary-folder.js';

/** The leader of a group, as the runner starts it; it says a word when its traps are set. */
async function started(script: string): Promise<{ pid: number; ended: Promise<unknown[]> }> {
  const child = spawn('sh', ['-c', `${script.replace('READY', 'echo ready')}`], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  return { pid: child.pid!, ended };
}

suite('the program of a change whose process died', ({ test, testIf }) => {
  const linux = existsSync('/proc/self/stat');

  testIf(linux, 'no /proc', 'is waited for while it ends by itself', async () => {
    const folder = temporaryFolder();
    const { pid, ended } = await started(
      `READY; read line <${folder}/fifo; exit 7`.replace('READY', `mkfifo ${folder}/fifo; READY`),
    );
    leftProgram(folder).note(pid);
    let over = false;
    const end = leftProgram(folder)
      .end(20_000)
      .then(() => (over = true));
    await pass(50);
    assert.is(over, false);
    writeFileSync(join(folder, 'fifo'), 'go\n');
    assert.is((await ended)[0], 7);
    await end;
  });

  testIf(linux, 'no /proc', 'is killed with what it started when it does not end', async () => {
    const folder = temporaryFolder();
    const { pid, ended } = await started("trap '' TERM; sleep 1000 & READY; wait; wait");
    leftProgram(folder).note(pid);
    await leftProgram(folder).end(0);
    assert.is((await ended)[1], 'SIGKILL');
  });

  testIf(linux, 'no /proc', 'is let alone when its number is another process’s by now', async () => {
    const folder = temporaryFolder();
    const { pid, ended } = await started('READY; exec sleep 1000');
    leftProgram(folder).note(pid);
    const note = join(folder, 'net-program');
    writeFileSync(note, readFileSync(note, 'utf8').replace(/ (\d+)/, ' 1$1'));
    await leftProgram(folder).end(0);
    process.kill(pid, 0);
    process.kill(-pid, 'SIGKILL');
    await ended;
  });

  test('is none where nothing was noted', () => leftProgram(temporaryFolder()).end(20_000));
});
