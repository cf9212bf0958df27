/**
 * The descriptors of one pool file. The one for reading is kept. The one for writing is open only while a change is made,
 * so that whoever wants to remount the file system read-only finds it idle in between.
 */
import { constants } from 'node:fs';
import { KvpError } from '../errors.js';
import { type FileFacts, type PoolFiles, systemCode } from './files.js';
import type { PoolDirectory } from './pool-directory.js';

export interface OpenFile {
  fd: number;
  /** Of the moment of opening. */
  facts: FileFacts;
}

const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;

export class OpenFiles {
  readonly #files: PoolFiles;
  readonly #directory: PoolDirectory;
  readonly #name: string;
  readonly #mode: number;
  #reader: OpenFile | undefined;
  #writer: OpenFile | undefined;

  /** `mode` is of a file that is created, before the umask. */
  constructor(files: PoolFiles, directory: PoolDirectory, name: string, mode: number) {
    this.#files = files;
    this.#directory = directory;
    this.#name = name;
    this.#mode = mode;
  }

  /** Undefined when there is no file. Throws ERR_POOL_FILE, ERR_POOL_IO, as all of these. */
  reader(): OpenFile | undefined {
    this.#reader ??= this.#opened(O_RDONLY);
    return this.#reader;
  }

  /** To be closed after the use. Undefined when there is no file and none is to be created. Throws ERR_POOL_DIRECTORY. */
  writer(create: boolean): OpenFile | undefined {
    if (!this.#directory.enter() && create) {
      throw new KvpError('ERR_POOL_DIRECTORY', { detail: this.#directory.path });
    }
    this.#writer ??= this.#opened(create ? O_RDWR | O_CREAT : O_RDWR);
    return this.#writer;
  }

  /** False when none was open. */
  closeWriter(): boolean {
    this.#directory.leave();
    const writer = this.#writer;
    if (writer === undefined) return false;
    this.#writer = undefined;
    this.#files.close(writer.fd);
    return true;
  }

  close(): void {
    this.closeWriter();
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader !== undefined) this.#files.close(reader.fd);
  }

  #opened(flags: number): OpenFile | undefined {
    let fd: number;
    try {
      fd = this.#files.open(this.#directory.at(this.#name), flags | O_NOFOLLOW | O_NONBLOCK, this.#mode);
    } catch (error) {
      if (systemCode(error) === 'ENOENT' && (flags & O_CREAT) === 0) return undefined;
      throw poolFailure(this.#directory.shown(this.#name), error);
    }
    const facts = this.#files.facts(fd);
    const wrong = facts.kind !== 'file' ? 'is not a regular file' : facts.links > 1 ? `has ${facts.links} names` : '';
    if (wrong === '') return { fd, facts };
    this.#files.close(fd);
    throw new KvpError('ERR_POOL_FILE', { detail: `${this.#directory.shown(this.#name)} ${wrong}` });
  }
}

const NOT_A_FILE: Readonly<Record<string, string>> = {
  ELOOP: 'is a symlink',
  EMLINK: 'is a symlink',
  EISDIR: 'is a directory',
  ENXIO: 'is a socket or a FIFO',
};

/** What a system error on a pool file means for the caller; other errors are themselves. */
export function poolFailure(path: string, error: unknown): unknown {
  const code = systemCode(error);
  if (error instanceof KvpError || code === '') return error;
  const what = NOT_A_FILE[code];
  if (what !== undefined) return new KvpError('ERR_POOL_FILE', { detail: `${path} ${what}`, cause: error });
  return new KvpError('ERR_POOL_IO', { detail: `${path}, ${code}`, cause: error });
}

/** The file is there, and this process may only read it. */
export function mayNotWrite(error: unknown): boolean {
  const code = systemCode(error instanceof KvpError ? error.cause : error);
  return ['EACCES', 'EPERM', 'EROFS'].includes(code);
}
