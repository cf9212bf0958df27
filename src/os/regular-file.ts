/** Reads small files that somebody else may have exchanged for something that has no end. */
import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';

/**
 * The whole of a regular file of at most `maxBytes`; undefined for anything else. A device is not even opened, and a FIFO
 * is not waited for. Throws Node's system errors.
 */
export function readRegularFile(path: string, maxBytes: number): Buffer | undefined {
  if (!statSync(path).isFile()) return undefined;
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    // What is open counts, not what had the name a moment ago.
    const stat = fstatSync(fd);
    return stat.isFile() && stat.size <= maxBytes ? readFileSync(fd) : undefined;
  } finally {
    closeSync(fd);
  }
}
