/**
 * The directory of a store's pools. During a change it is open, and names are looked up in what is open: pool, journal
 * and backup are then in one directory, whatever its path leads to meanwhile.
 */
import { join } from 'node:path';
import { KvpError } from '../errors.js';
import { type PoolFiles, systemCode } from './files.js';

export class PoolDirectory {
  readonly path: string;
  readonly #files: Pick<PoolFiles, 'openDirectory'>;
  #open: ReturnType<PoolFiles['openDirectory']> | undefined;

  constructor(files: Pick<PoolFiles, 'openDirectory'>, path: string) {
    this.#files = files;
    this.path = path;
  }

  /** False when there is none. Throws ERR_POOL_IO. */
  enter(): boolean {
    try {
      this.#open ??= this.#files.openDirectory(this.path);
      return true;
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return false;
      throw new KvpError('ERR_POOL_IO', { detail: `${this.path}, ${systemCode(cause)}`, cause });
    }
  }

  leave(): void {
    this.#open?.close();
    this.#open = undefined;
  }

  /** Where a call on a file finds this name. */
  at(name: string): string {
    return join(this.#open?.base ?? this.path, name);
  }

  /** The same for people. */
  shown(name: string): string {
    return join(this.path, name);
  }
}
