/**
 * The journal's entry: one step of a change, with what the bytes were and what they become. docs/pool.md describes
 * the protocol and the format.
 */
import { crc32 } from 'node:zlib';
import { KvpError } from '../errors.js';

export interface JournalEntry {
  /** The pool file that the step belongs to; a file put in its place is none of the journal's business. */
  device: bigint;
  inode: bigint;
  /** The boot of the machine in which the step was made, as 32 hex digits; '' where the system does not name it. */
  boot: string;
  /** Byte offset in the pool file where `before` stands and `after` belongs. */
  at: number;
  /** Shorter than `after` when the step makes the file longer. */
  before: Uint8Array;
  after: Uint8Array;
  /** Present when the step is one of a removal. */
  removal?: RemovalStep | undefined;
}

/** A removal moves what it keeps towards the front, a part in each step, and cuts the file after the last. */
export interface RemovalStep {
  /** Records with this key are not kept. Undefined for a repair, of which the rest is kept as it is. */
  key: Uint8Array | undefined;
  /** 0 for the first step. */
  step: number;
  /** Byte offset of the first record that this step did not look at. */
  next: number;
  /** What stands between the moved bytes and `next`, and stays. */
  left: Uint8Array;
  /** Bytes of the file when the removal began: what stands behind them was added by somebody else. */
  size: number;
  /** Of the records with the key from `next` to `size` ({@link sumsOfTwins}): others may have written there since. */
  twins: number;
}

const MAGIC = 'hvkvpjnl';
const VERSION = 2;

// Header, little-endian; the payload follows: key, before, after, left.
const AT_VERSION = 8;
const AT_CRC = 12;
const AT_TOTAL = 16;
/** Step + 1 of a removal, 0 for a single write. */
const AT_STEP = 20;
const AT_DEVICE = 24;
const AT_INODE = 32;
const AT_OFFSET = 40;
const AT_NEXT = 48;
const AT_KEY_LENGTH = 56;
const AT_BEFORE_LENGTH = 60;
const AT_AFTER_LENGTH = 64;
const AT_LEFT_LENGTH = 68;
/** 1 when there is a key to remove; an empty key is one too. */
const AT_HAS_KEY = 72;
const AT_TWINS = 76;
const AT_SIZE = 80;
const AT_BOOT = 88;
const BOOT_BYTES = 16;
export const ENTRY_HEADER_BYTES = AT_BOOT + BOOT_BYTES;

function checksum(bytes: Uint8Array): number {
  return crc32(bytes.subarray(AT_TOTAL), crc32(bytes.subarray(0, AT_CRC)));
}

export function encodeEntry(entry: JournalEntry): Uint8Array {
  const { before, after, removal } = entry;
  const parts = [removal?.key ?? new Uint8Array(), before, after, removal?.left ?? new Uint8Array()];
  const total = parts.reduce((sum, part) => sum + part.length, ENTRY_HEADER_BYTES);
  const bytes = Buffer.alloc(total);
  bytes.write(MAGIC, 'latin1');
  bytes.writeUInt32LE(VERSION, AT_VERSION);
  bytes.writeUInt32LE(total, AT_TOTAL);
  bytes.writeUInt32LE(removal === undefined ? 0 : removal.step + 1, AT_STEP);
  bytes.writeUInt32LE(removal?.key === undefined ? 0 : 1, AT_HAS_KEY);
  bytes.writeBigUInt64LE(entry.device, AT_DEVICE);
  bytes.writeBigUInt64LE(entry.inode, AT_INODE);
  bytes.writeBigUInt64LE(BigInt(entry.at), AT_OFFSET);
  bytes.writeBigUInt64LE(BigInt(removal?.next ?? 0), AT_NEXT);
  bytes.writeUInt32LE(removal?.twins ?? 0, AT_TWINS);
  bytes.writeBigUInt64LE(BigInt(removal?.size ?? 0), AT_SIZE);
  bytes.write(entry.boot, AT_BOOT, BOOT_BYTES, 'hex');
  for (const [index, field] of [AT_KEY_LENGTH, AT_BEFORE_LENGTH, AT_AFTER_LENGTH, AT_LEFT_LENGTH].entries()) {
    bytes.writeUInt32LE(parts[index]!.length, field);
  }
  let at = ENTRY_HEADER_BYTES;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  bytes.writeUInt32LE(checksum(bytes), AT_CRC);
  return bytes;
}

/**
 * The entry at the start of `bytes`; undefined when there is none or it was not written whole: then its step had not
 * begun. Throws ERR_POOL_JOURNAL for an entry of another version, which must be left to the program that wrote it.
 */
export function decodeEntry(bytes: Uint8Array): JournalEntry | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.length < ENTRY_HEADER_BYTES || view.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
  const version = view.readUInt32LE(AT_VERSION);
  if (version !== VERSION) {
    throw new KvpError('ERR_POOL_JOURNAL', { detail: 'format version', expected: VERSION, actual: version });
  }
  const total = view.readUInt32LE(AT_TOTAL);
  const lengths = [AT_KEY_LENGTH, AT_BEFORE_LENGTH, AT_AFTER_LENGTH, AT_LEFT_LENGTH].map((at) => view.readUInt32LE(at));
  if (total > view.length || lengths.reduce((sum, length) => sum + length, ENTRY_HEADER_BYTES) !== total)
    return undefined;
  if (checksum(view.subarray(0, total)) !== view.readUInt32LE(AT_CRC)) return undefined;

  let at = ENTRY_HEADER_BYTES;
  const [key, before, after, left] = lengths.map((length) => {
    at += length;
    return Uint8Array.from(view.subarray(at - length, at));
  });
  const boot = view.toString('hex', AT_BOOT, AT_BOOT + BOOT_BYTES);
  return {
    device: view.readBigUInt64LE(AT_DEVICE),
    inode: view.readBigUInt64LE(AT_INODE),
    boot: /^0+$/.test(boot) ? '' : boot,
    at: Number(view.readBigUInt64LE(AT_OFFSET)),
    before: before!,
    after: after!,
    removal: removalOf(view, key!, left!),
  };
}

function removalOf(view: Buffer, key: Uint8Array, left: Uint8Array): RemovalStep | undefined {
  const step = view.readUInt32LE(AT_STEP);
  if (step === 0) return undefined;
  return {
    key: view.readUInt32LE(AT_HAS_KEY) === 1 ? key : undefined,
    step: step - 1,
    next: Number(view.readBigUInt64LE(AT_NEXT)),
    left,
    size: Number(view.readBigUInt64LE(AT_SIZE)),
    twins: view.readUInt32LE(AT_TWINS),
  };
}
