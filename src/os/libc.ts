/**
 * The C library, for the few calls that Node does not have. koffi is loaded on the first use, never by an import: a
 * program that only reads pool names must not pay for it.
 */
import { createRequire } from 'node:module';
import { KvpError } from '../errors.js';

type Koffi = typeof import('koffi');

export interface Libc {
  koffi: Koffi;
  /** Declare a function once with `library.func('int flock(int fd, int operation)')` and keep it. */
  library: import('koffi').LibraryHandle;
}

let loaded: Libc | undefined;

/**
 * koffi and the process's own C library. Throws ERR_OS_UNAVAILABLE where koffi has no binary for the platform; the
 * failure is not remembered, so a caller may go on without and ask again.
 */
export function libc(): Libc {
  if (loaded === undefined) {
    try {
      const module = createRequire(import.meta.url)('koffi') as Koffi;
      loaded = { koffi: module, library: module.load(null) };
    } catch (cause) {
      const system = `${process.platform}-${process.arch}`;
      const detail = `the part of koffi for ${system} is not installed - install again, without --omit=optional`;
      throw new KvpError('ERR_OS_UNAVAILABLE', { detail, cause });
    }
  }
  return loaded;
}
