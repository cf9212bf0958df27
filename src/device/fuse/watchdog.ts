/**
 * A shell that sleeps on a pipe and unmounts when this process dies without saying goodbye (kill -9, out of memory,
 * or a signal nobody handles). It leads a session of its own, so that Ctrl-C in a terminal does not reach it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { KvpError } from '../../errors.js';
import type { MountPoint } from './mount-point.js';

/**
 * $1 is the mount point, $2 `yes` when its file is ours, the rest are our directories, deepest first. Only a dead mount
 * is removed: a server started since may have cleared ours and mounted its own.
 */
const SCRIPT = `
trap '' HUP INT TERM
read -r goodbye && exit 0
path=$1 temporary=$2
shift 2
[ -e "$path" ] && exit 0
umount -n -i -c -f -l -- "$path" || exit 0
if [ "$temporary" = yes ]; then rm -f -- "$path"; fi
if [ $# -gt 0 ]; then rmdir -- "$@"; fi
`;

export class Watchdog {
  readonly #child: ChildProcess;
  readonly #pipe: Writable;

  private constructor(child: ChildProcess, pipe: Writable) {
    this.#child = child;
    this.#pipe = pipe;
  }

  /** To be started before the mount. @throws KvpError ERR_DEVICE_FUSE when there is no shell. */
  static start({ path, temporary, directories }: MountPoint): Promise<Watchdog> {
    const child = spawn('sh', ['-c', SCRIPT, 'hv-kvp-watchdog', path, temporary ? 'yes' : 'no', ...directories], {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    return new Promise((resolve, reject) => {
      child.once('error', (cause) => {
        reject(new KvpError('ERR_DEVICE_FUSE', { detail: 'sh cannot be started - install a POSIX shell', cause }));
      });
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
      this.#pipe.end('goodbye\n');
    });
  }
}
