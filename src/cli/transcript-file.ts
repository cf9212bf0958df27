/** The file, pipe or device that `host serve --transcript` writes to. */
import { constants, createWriteStream, fstatSync, open } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { promisify } from 'node:util';
import { KvpError } from '../errors.js';
import { type Tap, transcriptLine } from '../host/index.js';
import { BoundedLines } from './bounded-lines.js';

export interface TranscriptFile {
  readonly tap: Tap;
  /** Rejects with ERR_HOST_TRANSCRIPT as soon as nothing can be written any more; never resolves. */
  readonly failed: Promise<never>;
  /** Ends the file. Rejects with ERR_HOST_TRANSCRIPT when it is not complete. */
  close(): Promise<void>;
}

/** A few seconds of the busiest guest, for a reader that pauses. */
const WAITING_BYTES = 8 * 1024 * 1024;
const CLOSE_WITHIN_MS = 2_000;
/** A pipe nobody reads must not hold the start, nor a thread. */
const { O_CREAT, O_NONBLOCK, O_TRUNC, O_WRONLY } = constants;

/**
 * Opens `path`, mode 0600 where it is made. Records that a slow reader leaves no room for are counted: a line
 * `{"lost":n}` stands where they are missing.
 *
 * @throws KvpError ERR_HOST_TRANSCRIPT, which names the path and what is wrong with it
 */
export async function openTranscript(path: string): Promise<TranscriptFile> {
  const stream = await openStream(path);
  const lines = new BoundedLines({ stream, maxBytes: WAITING_BYTES, gap: (lost) => JSON.stringify({ lost }) });
  const failed = new Promise<never>((_, reject) => {
    stream.on('error', (cause) => reject(unusable(path, cause.message, cause)));
  });
  // Heard of in `close` by a caller that does not wait for it.
  failed.catch(() => {});
  return {
    tap: (record) => lines.write(transcriptLine(record)),
    failed,
    async close() {
      lines.end();
      await Promise.race([ended(stream, path), failed]);
      if (lines.lost > 0) throw unusable(path, `${lines.lost} records are missing, for its reader was too slow`);
    },
  };
}

async function openStream(path: string): Promise<Writable> {
  try {
    const fd = await promisify(open)(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK, 0o600);
    if (!fstatSync(fd).isFIFO()) return createWriteStream(path, { fd });
    // A pipe by the event loop: a thread that writes to it could not be ended.
    return new Socket({ fd, readable: false, writable: true });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw unusable(path, code === 'ENXIO' ? 'no program reads this pipe yet - start the reader first' : message, cause);
  }
}

/** Resolves when everything is written; rejects when a reader does not take it in time. */
function ended(stream: Writable, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(unusable(path, `its reader left ${stream.writableLength} bytes unread`));
      stream.destroy();
    }, CLOSE_WITHIN_MS);
    stream.once('close', () => clearTimeout(timer));
    stream.end(resolve);
  });
}

const unusable = (path: string, why: string, cause?: unknown): KvpError =>
  new KvpError('ERR_HOST_TRANSCRIPT', { detail: `${path}: ${why}`, cause });
