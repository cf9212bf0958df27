/** Host payloads for tests of the driver, written with the offsets of protocol.md and nothing else. */

const HEADERS = 28;

interface Options {
  pool?: number;
  key?: string;
  value?: string;
  index?: number;
  adapter?: string;
  major?: number;
}

/** A request of `operation` with everything a host fills in; sizes as hosts send them. */
export function hostRequest(
  operation: number,
  { pool = 0, key, value, index, adapter, major = 4 }: Options = {},
): Buffer {
  const ip = operation === 4 || operation === 5;
  const size = ip ? 7428 : 2580;
  const payload = icMessage(2, size, major);
  const body = payload.subarray(HEADERS);
  body[0] = operation;
  body[1] = pool;
  if (index !== undefined) body.writeUInt32LE(index, 4);
  if (adapter !== undefined) body.write(adapter, 2, 'utf16le');
  const [sizeAt, keyAt] = operation === 2 ? [4, 8] : [8, 16];
  if (key !== undefined) {
    body.writeUInt32LE(2 * (key.length + 1), sizeAt);
    body.write(key, keyAt, 'utf16le');
  }
  if (value !== undefined) {
    body.writeUInt32LE(1, 4);
    body.writeUInt32LE(2 * (value.length + 1), 12);
    body.write(value, 528, 'utf16le');
  }
  return payload;
}

export const enumerateRequest = (pool: number, index: number): Buffer => hostRequest(3, { pool, index });

/** Frameworks 1.0 and 3.0 and the given major message versions. */
export function negotiateRequest(...majors: number[]): Buffer {
  const payload = icMessage(0, 8 + 4 * (2 + majors.length), 0);
  payload.writeUInt16LE(2, HEADERS);
  payload.writeUInt16LE(majors.length, HEADERS + 2);
  [1, 3, ...majors].forEach((major, slot) => {
    payload.writeUInt16LE(major, HEADERS + 8 + 4 * slot);
  });
  return payload;
}

/** Pipe and IC header over `size` zero bytes, padded to a multiple of 8 as the ring delivers it. */
export function icMessage(type: number, size: number, major = 4): Buffer {
  const payload = Buffer.alloc(Math.ceil((HEADERS + size) / 8) * 8);
  payload.writeUInt32LE(1, 0);
  payload.writeUInt32LE(20 + size, 4);
  payload.writeUInt16LE(major === 0 ? 0 : 3, 8);
  payload.writeUInt16LE(type, 12);
  payload.writeUInt16LE(major, 14);
  payload.writeUInt16LE(size, 18);
  payload[25] = 3;
  return payload;
}
