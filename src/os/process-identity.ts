/**
 * Who a process is. A number alone says nothing later: another process may have it by then. Linux, by proc(5); elsewhere
 * no process is known.
 */
import { readFileSync, statSync } from 'node:fs';

/** The number that init has, and the largest that Linux gives. */
const INIT = 1;
const MAX_PID = 4_194_304;

/** Differs from boot to boot; '' where the system has none. */
export function bootId(): string {
  return textOf('/proc/sys/kernel/random/boot_id').trim();
}

/**
 * When the process was started, in clock ticks since the boot, if it leads a session and a process group of its own, as a
 * program does that this one has started, and runs for the same user. Undefined for any other, and for one that has ended.
 */
export function startOfLeader(pid: number): string | undefined {
  if (!Number.isInteger(pid) || pid <= INIT || pid > MAX_PID || pid === process.pid) return undefined;
  // The name of the program, in parentheses, may hold anything.
  const fields = textOf(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  const [state, , group, session] = fields;
  const leads = group === String(pid) && session === String(pid);
  return leads && state !== 'Z' && state !== 'X' && isOurs(pid) ? fields[19] : undefined;
}

function isOurs(pid: number): boolean {
  try {
    return statSync(`/proc/${pid}`).uid === process.geteuid?.();
  } catch {
    return false;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
