/** Little-endian numbers and caller-owned output, for the whole room. Callers have checked the bounds. */
import { requireBytes } from '../arguments.js';
import { MisuseError } from '../errors.js';

export const readU16 = (bytes: Uint8Array, at: number): number => bytes[at]! | (bytes[at + 1]! << 8);

export const readU32 = (bytes: Uint8Array, at: number): number =>
  (readU16(bytes, at) | (readU16(bytes, at + 2) << 16)) >>> 0;

export const readU64 = (bytes: Uint8Array, at: number): bigint =>
  BigInt(readU32(bytes, at)) | (BigInt(readU32(bytes, at + 4)) << 32n);

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  writeU16(bytes, at, value);
  writeU16(bytes, at + 2, value >>> 16);
}

export function writeU64(bytes: Uint8Array, at: number, value: bigint): void {
  writeU32(bytes, at, Number(value & 0xffffffffn));
  writeU32(bytes, at + 4, Number((value >> 32n) & 0xffffffffn));
}

export interface OutputOptions {
  /** Caller-owned output, at least as long as the message; only the message's bytes are written, every one of them. */
  into?: Uint8Array;
}

/** Exactly `length` zero bytes to write a message into: the start of `into`, or a new array. */
export function cleanOutput(length: number, into?: Uint8Array): Uint8Array {
  return into === undefined ? new Uint8Array(length) : outputRoom(length, into).fill(0);
}

/** Exactly `length` bytes at the start of `into`, with whatever they held. */
export function outputRoom(length: number, into: Uint8Array = new Uint8Array(length)): Uint8Array {
  requireBytes('into', into);
  if (into.length < length) throw new MisuseError(`into holds ${into.length} bytes, the message needs ${length}`);
  return into.subarray(0, length);
}
