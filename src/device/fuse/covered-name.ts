/**
 * Renames and removes a name that a mount covers.
 *
 * A device has to appear ready, and to go without leaving a plain file in its place even for a moment: whoever waits for
 * its path would write into that file. So it is mounted on a hidden name, served, and only then gets its own. The kernel
 * refuses to rename or remove a mount point (EBUSY), but looks at the mounts of the caller's namespace only. These
 * programs therefore run in a throw-away copy of the mount namespace, in which they take the mount off the name first.
 * The mount itself, in the namespaces where it is, moves or goes with its name, in one step.
 *
 * Names have no slash and are taken in `directory`; a link is never followed.
 */
import type { Directory } from './directory.js';
import type { Program } from './programs.js';

/** Takes this namespace's copy off the name, also where several are stacked. */
const UNCOVER = 'uncover() { while umount -n -i -c -l -- "./$1" 2>/dev/null; do :; done; }';

/** Never replaces anything: somebody else's device may have appeared. GNU's mv does not say when it did nothing. */
const MOVE = `${UNCOVER}
uncover "$1" && mv -n -T -- "./$1" "./$2" && [ ! -e "./$1" ] && [ ! -L "./$1" ]`;

/**
 * For `sh -c`, with the name as $1 and a hidden one as $2; free of single quotes. The kernel takes the mount off a name
 * that is removed a moment before the name goes, and who opens it then has the plain file: so it is hidden first.
 */
export const REMOVE_COVERED = `${UNCOVER}
uncover "$1" && { [ "$1" = "$2" ] || mv -n -T -- "./$1" "./$2"; } && rm -f -- "./$2"`;

export const IN_COPY = ['unshare', '--mount', '--propagation', 'private', '--'] as const;

export const moveCovered = (directory: Directory, from: string, to: string): Program =>
  script(directory, MOVE, from, to);

/** `hidden` may be the name itself. */
export const removeCovered = (directory: Directory, name: string, hidden: string): Program =>
  script(directory, REMOVE_COVERED, name, hidden);

const script = (directory: Directory, text: string, ...names: string[]): Program => ({
  argv: [...IN_COPY, 'sh', '-c', text, 'sh', ...names],
  cwd: directory.forChild,
});
