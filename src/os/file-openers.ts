/** Says who has a file open, for error messages. Linux only; elsewhere nothing is known. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface FileOpener {
  pid: number;
  /** As `ps` shows it; undefined when the process has just ended. */
  command: string | undefined;
}

/**
 * The processes that have the file at `path` open, as far as this user may see them. `path` is free of symbolic links.
 * The file itself is not touched.
 */
export function fileOpeners(path: string): FileOpener[] {
  return list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => list(`/proc/${pid}/fd`).some((descriptor) => target(`/proc/${pid}/fd/${descriptor}`) === path))
    .map((pid) => ({ pid: Number(pid), command: attempt(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()) }));
}

const list = (path: string): string[] => attempt(() => readdirSync(path)) ?? [];
const target = (path: string): string | undefined => attempt(() => readlinkSync(path));

/** Gone, or not ours to see: both mean that nothing is known. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
