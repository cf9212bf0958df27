/** The directory of a control socket or a state file. */
import { distrustOnTheWay, distrustText, Folder } from '../os/folder.js';

/**
 * Opens a directory in which nobody but root and the user who runs can exchange what stands there. One with the sticky bit
 * (`/tmp`) is such a directory. `make` gives a missing one mode 0700. The caller closes it.
 *
 * Throws system errors, and an Error that says what is wrong with the directory and what to do.
 */
export function openPrivateFolder(path: string, { make }: { make: boolean }): Folder {
  const folder = make ? Folder.ensure(path, 0o700) : Folder.open(path);
  const distrust = distrustOnTheWay(folder.stats);
  if (distrust === undefined) return folder;
  folder.close();
  throw new Error(`${distrustText(path, distrust)}, or choose a directory of your own`);
}
