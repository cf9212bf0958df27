/** A pool file in parts, for whoever goes through all of it. */
import { RECORD_BYTES } from '../wire/kvp.js';
import type { LockedPool } from './locked-pool.js';
import { letOthersRun } from './turns.js';

/** Read with one call. */
export const CHUNK_BYTES = 256 * RECORD_BYTES;

export interface Chunk {
  /** Whole records; the last chunk has the partial record too, if there is one. Valid until the next chunk is asked for. */
  bytes: Uint8Array;
  /** Of the first record. */
  slot: number;
}

/** Others in the process have their turns in between. Throws the signal's reason once it is aborted. */
export async function* chunksOf(
  pool: Pick<LockedPool, 'files' | 'fd' | 'facts'>,
  signal?: AbortSignal,
): AsyncGenerator<Chunk, void, undefined> {
  const { files, fd, facts } = pool;
  const buffer = new Uint8Array(Math.min(CHUNK_BYTES, facts.size));
  for (let at = 0; at < facts.size; at += CHUNK_BYTES) {
    await letOthersRun(signal);
    const part = buffer.subarray(0, facts.size - at);
    const bytes = part.subarray(0, files.read(fd, part, at));
    yield { bytes, slot: at / RECORD_BYTES };
    if (bytes.length < CHUNK_BYTES) return;
  }
}
