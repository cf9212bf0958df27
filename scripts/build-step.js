/**
 * A step of the build that runs only when something it reads has changed. Its stamp holds what the inputs were when the
 * work began: an edit that lands meanwhile makes the step run again, whatever the clocks of the machine and of the file
 * system say.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Path, size and time of every file below the given files and folders, but for what npm installs there. */
function fingerprint(paths) {
  const hash = createHash('sha256');
  const add = (path) => {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat?.isDirectory()) {
      for (const name of readdirSync(path).sort()) if (name !== 'node_modules') add(join(path, name));
    } else hash.update(`${path}\0${stat?.size}\0${stat?.mtimeNs}\0`);
  };
  for (const path of paths) add(path);
  return hash.digest('hex');
}

/**
 * Runs `work` unless the stamp says that it ran with these inputs. Returns whether it ran. When `work` throws, there is
 * no stamp, and the step runs again.
 */
export function runStep(stamp, inputs, work) {
  const before = fingerprint(inputs);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === before) return false;
  rmSync(stamp, { force: true });
  work();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, before);
  return true;
}
