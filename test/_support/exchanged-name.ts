/** Somebody who exchanges what stands at a name as fast as it goes, from another process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** `link`: a link to `target` and nothing, in turn. `folder`: the folder that is there and a link to `target`, in turn. */
const PROGRAM = `
import { renameSync, rmSync, symlinkSync } from 'node:fs';
const [name, target, kind] = process.argv.slice(1);
const attempt = (act) => { try { act(); } catch {} };
process.stdout.write('ready');
for (;;) {
  attempt(() => symlinkSync(target, name + '.link'));
  if (kind === 'folder') {
    attempt(() => renameSync(name, name + '.away'));
    attempt(() => renameSync(name + '.link', name));
    attempt(() => rmSync(name));
    attempt(() => renameSync(name + '.away', name));
  } else {
    attempt(() => renameSync(name + '.link', name));
    attempt(() => rmSync(name));
  }
}`;

/** Runs `act` while the name is being exchanged. */
export async function whileExchanged(
  name: string,
  target: string,
  kind: 'link' | 'folder',
  act: () => void | Promise<void>,
): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, name, target, kind], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  try {
    await once(child.stdout!, 'data');
    await act();
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}
