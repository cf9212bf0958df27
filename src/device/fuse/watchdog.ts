/**
 * A shell that sleeps on a pipe and clears up when this process dies without saying goodbye (kill -9, out of memory,
 * or a signal nobody handles). It leads a session of its own, so that Ctrl-C in a terminal does not reach it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { IN_COPY, REMOVE_COVERED } from './covered-name.js';
import type { Directory } from './directory.js';
import { hiddenName } from './hidden-name.js';
import { labelText, type MountLabel } from './mount-table.js';
import { ENVIRONMENT, notStarted } from './programs.js';

/**
 * Its working directory is that of the mount point. $1 is the label of our mount, $2 the file's hidden name, $3 what to do
 * about the file, the rest are our directories, deepest first. Only a mount with our label is touched: a server started
 * since may have cleared ours and mounted its own. The table of mounts writes some characters of a name in octal.
 */
const SCRIPT = `
trap '' HUP INT TERM
read -r goodbye && exit 0
label=$1 hidden=$2 file=$3 at=
shift 3
while IFS= read -r line; do
  case $line in
    *" $label "*)
      at=\${line#* * * * }
      at=\${at%% *}
      at=$(printf '%b.' "\${at##*/}")
      at=\${at%.} ;;
  esac
done </proc/self/mountinfo
case $file in
  made)
    [ -z "$at" ] || ${IN_COPY.join(' ')} sh -c '${REMOVE_COVERED}' sh "$at" "$hidden"
    rm -f -- "./$hidden" ;;
  found)
    [ -z "$at" ] || umount -n -i -c -f -l -- "./$at" ;;
esac
[ $# -eq 0 ] || rmdir -- "$@"
`;

export class Watchdog {
  readonly #child: ChildProcess;
  /**
   * To be given to every program that changes the mount point: it may outlive this process, and the shell must not
   * clear up before it has ended.
   */
  readonly pipe: Writable;

  private constructor(child: ChildProcess, pipe: Writable) {
    this.#child = child;
    this.pipe = pipe;
  }

  /** To be started before anything is made. @throws KvpError ERR_DEVICE_FUSE when there is no shell. */
  static start(label: MountLabel, directory: Directory): Promise<Watchdog> {
    // Unmounting goes by the name. Where others may put a link in its place, a dead mount stays until the next start.
    const file = label.file === 'found' && !directory.isPrivate() ? 'leave' : label.file;
    const args = [labelText(label), hiddenName(label), file, ...directory.lowest(label.directories)];
    const child = spawn('sh', ['-c', SCRIPT, 'hv-kvp-watchdog', ...args], {
      cwd: directory.forChild,
      env: ENVIRONMENT,
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    return new Promise((resolve, reject) => {
      child.once('error', (cause) => reject(notStarted('sh', cause)));
      child.once('spawn', () => {
        child.unref();
        // It may have been killed; the goodbye then has no reader.
        child.stdin.on('error', () => {});
        resolve(new Watchdog(child, child.stdin));
      });
    });
  }

  /** The mount is gone in good order; resolves when the shell has ended. */
  dismiss(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) return resolve();
      this.#child.ref();
      this.#child.once('exit', () => resolve());
      this.pipe.end('goodbye\n');
    });
  }
}
