/** mount(8), umount(8), unshare(1) and sh of the system: argument arrays, a fixed PATH, a clean environment. */
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import type { Writable } from 'node:stream';
import { KvpError } from '../../errors.js';
import { PROGRAM_ENVIRONMENT } from '../../os/program-environment.js';

/** Newer libmounts would use move_mount(2), which does not mount on a descriptor's entry in /proc. */
export const ENVIRONMENT = { ...PROGRAM_ENVIRONMENT, LIBMOUNT_FORCE_MOUNT2: 'always' };

export interface Program {
  readonly argv: readonly [string, ...string[]];
  /** Default `/`. */
  readonly cwd?: string;
  /** What the program has as its descriptors 3, 4 and so on. They stay the caller's to close. */
  readonly descriptors?: readonly number[];
}

/** Of what a program says, so much is kept for the error. */
const MOST_TALK = 4096;

/**
 * The program has `pipe` too, so that whoever reads it sees no end before the program's.
 *
 * @throws KvpError ERR_DEVICE_FUSE with what the program said, when it cannot be started or does not end with 0.
 */
export function run({ argv, cwd = '/', descriptors = [] }: Program, pipe?: Writable): Promise<void> {
  const [name, ...args] = argv;
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', 'ignore', 'pipe', ...descriptors, pipe ?? 'ignore'] as const;
    const child = spawn(name, args, { cwd, env: ENVIRONMENT, stdio: [...stdio] });
    let talk = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      talk = (talk + text).slice(-MOST_TALK);
    });
    child.on('error', (cause) => reject(notStarted(name, cause)));
    child.on('close', (code, signal) => {
      if (code === 0) return resolve();
      const what = talk.trim() || `${name} ended with ${code ?? signal}`;
      reject(new KvpError('ERR_DEVICE_FUSE', { detail: `${what} - check that ${name} is util-linux's` }));
    });
  });
}

/** The same in an exit handler, where nothing can be awaited. False when it failed. */
export function runNow({ argv, cwd = '/', descriptors = [] }: Program): boolean {
  const [name, ...args] = argv;
  const stdio = ['ignore', 'ignore', 'ignore', ...descriptors] as const;
  const { status }: SpawnSyncReturns<Buffer> = spawnSync(name, args, { cwd, env: ENVIRONMENT, stdio: [...stdio] });
  return status === 0;
}

export function notStarted(name: string, cause: unknown): KvpError {
  const what = name === 'sh' ? 'a POSIX shell' : 'util-linux';
  return new KvpError('ERR_DEVICE_FUSE', { detail: `${name} cannot be started - install ${what}`, cause });
}
