/** The kernel's table of mounts, which tells without touching a file what is mounted and who serves it. */
import { readFileSync } from 'node:fs';

/** What the table shows as type; the part before the dot is the file system. */
export const MOUNT_TYPE = 'fuse.hv-kvp';

export interface Mount {
  id: number;
  /** What of its file system is shown; `/` for all of it. */
  root: string;
  point: string;
  type: string;
  source: string;
}

/** Of the mount namespace of this process. */
export function mounts(): Mount[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [before = '', after = ''] = line.split(' - ');
      const [id, , , root = '', point = ''] = before.split(' ');
      const [type = '', source = ''] = after.split(' ');
      return { id: Number(id), root: unescaped(root), point: unescaped(point), type, source: unescaped(source) };
    });
}

/** The mount that an open descriptor is on; undefined when it has been detached meanwhile. */
export function mountOf(descriptor: number): Mount | undefined {
  const id = mountIdOf(descriptor);
  return mounts().find((mount) => mount.id === id);
}

/** Touches neither the file nor its file system. */
export function mountIdOf(descriptor: number): number {
  return Number(/^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1'))?.[1] ?? -1);
}

/** The table writes blanks, line feeds and backslashes in octal. */
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** What a server writes into the table as its mount's source, for those who come after it. */
export interface MountLabel {
  /** The process that serves, or served. */
  pid: number;
  /** Distinguishes this mount from all others. */
  token: string;
  /** Whether the server made the file below the mount, or found it. */
  file: 'made' | 'found';
  /** How many directories above the file the server made. */
  directories: number;
}

export const labelText = ({ pid, token, file, directories }: MountLabel): string =>
  `hv-kvp:${pid}:${token}:${file}:${directories}`;

/** Undefined for a mount that is not of this package. */
export function labelOf({ type, source }: Mount): MountLabel | undefined {
  const [, pid, token = '', file, directories] = LABEL.exec(source) ?? [];
  if (type !== MOUNT_TYPE || pid === undefined) return undefined;
  return { pid: Number(pid), token, file: file as MountLabel['file'], directories: Number(directories) };
}

const LABEL = /^hv-kvp:(\d{1,10}):([0-9a-f]+):(made|found):(\d{1,2})$/;
