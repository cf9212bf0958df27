/**
 * Records that have one key: where they stand, and a checksum of each. A recovery compares the checksums and leaves
 * alone what somebody else wrote since.
 */
import { crc32 } from 'node:zlib';
import { RECORD_BYTES } from '../wire/kvp.js';
import { keyText, sameBytes } from './record.js';

export interface Twin {
  /** Byte offset in the file. */
  at: number;
  sum: number;
}

export const twinOf = (record: Uint8Array, at: number): Twin => ({ at, sum: crc32(record) });

/** The records in `bytes`, which stand at `offset`, that have this key. */
export function twinsIn(bytes: Uint8Array, offset: number, key: Uint8Array): Twin[] {
  const twins: Twin[] = [];
  for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
    if (sameBytes(keyText(bytes, at), key)) twins.push(twinOf(bytes.subarray(at, at + RECORD_BYTES), offset + at));
  }
  return twins;
}

/** One number for each place in the list: it stands for that twin and all behind it, their places included. */
export function sumsOfTwins(twins: readonly Twin[]): Uint32Array {
  const sums = new Uint32Array(twins.length + 1);
  const link = Buffer.alloc(12);
  for (let index = twins.length - 1; index >= 0; index--) {
    const { at, sum } = twins[index]!;
    link.writeBigUInt64LE(BigInt(at), 0);
    link.writeUInt32LE(sum, 8);
    sums[index] = crc32(link, sums[index + 1]!);
  }
  return sums;
}
