/** Says who holds a file's locks, for error messages. Linux only; elsewhere nothing is known. */
import { readdirSync, readFileSync } from 'node:fs';

export interface LockHolder {
  /** 'POSIX' (process-owned record lock), 'OFDLCK' or 'FLOCK', as /proc/locks spells them. */
  kind: string;
  access: 'READ' | 'WRITE';
  /** Undefined when the holder cannot be told, as for a process of another user behind an OFD lock. */
  pid: number | undefined;
  command: string | undefined;
}

// "1: POSIX  ADVISORY  WRITE 1234 fe:00:5678 0 EOF"; the pid of an OFD lock is -1.
const LOCK_LINE = /^\d+: (\w+)\s+\w+\s+(READ|WRITE) (-?\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /;

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Gone, or not ours to see: both mean that nothing is known.
    return '';
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** An OFD lock belongs to no process, but it is listed with each descriptor that carries it. */
function processesWithOfdLock(inode: bigint): number[] {
  const carries = (pid: string) =>
    list(`/proc/${pid}/fdinfo`).some((fd) =>
      read(`/proc/${pid}/fdinfo/${fd}`)
        .split('\n')
        .some((line) => line.startsWith('lock:') && line.includes('OFDLCK') && line.includes(`:${inode} `)),
    );
  return list('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && carries(name))
    .map(Number);
}

/**
 * Everybody who holds a lock on the file with this inode number. Devices are not compared: on btrfs and overlayfs the
 * number in /proc/locks is not the one that stat reports.
 */
export function lockHolders(inode: bigint): LockHolder[] {
  const command = (pid: number) => read(`/proc/${pid}/comm`).trim() || undefined;
  return read('/proc/locks')
    .split('\n')
    .flatMap((line): LockHolder[] => {
      const [, kind, access, pid, lineInode] = LOCK_LINE.exec(line) ?? [];
      if (kind === undefined || lineInode !== String(inode)) return [];
      const holder = (owner: number | undefined): LockHolder => ({
        kind,
        access: access as 'READ' | 'WRITE',
        pid: owner,
        command: owner === undefined ? undefined : command(owner),
      });
      if (Number(pid) > 0) return [holder(Number(pid))];
      const owners = processesWithOfdLock(inode);
      return owners.length === 0 ? [holder(undefined)] : owners.map(holder);
    });
}
