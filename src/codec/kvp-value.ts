/** Typed values (protocol.md 3.4). Guests produce strings only; hosts may send numbers. */
import { requireUnsigned } from '../arguments.js';
import { KvpError, MisuseError } from '../errors.js';
import * as wire from '../wire/kvp.js';
import { readU32, readU64, writeU32, writeU64 } from './bytes.js';
import type { TextLimit } from './limits.js';
import type { TextPolicy } from './text.js';
import { readSizedText, writeSizedText } from './text-field.js';

/**
 * 1 and 2 are strings, 4 is a u32, 8 (Linux, FreeBSD) and 11 (Windows) are u64. Any other type keeps its bytes; tell it
 * apart with `'bytes' in value`.
 */
export type KvpValue =
  | { type: typeof wire.VALUE_TYPE_STRING | typeof wire.VALUE_TYPE_EXPAND_STRING; text: string }
  | { type: typeof wire.VALUE_TYPE_U32; number: number }
  | { type: typeof wire.VALUE_TYPE_U64 | typeof wire.VALUE_TYPE_QWORD; bigint: bigint }
  | { type: number; bytes: Uint8Array };

export interface ValueField {
  typeAt: number;
  sizeAt: number;
  at: number;
}

/** The value as a guest stores it: text as it is, numbers in unsigned decimal, unknown types as "". */
export function valueText(value: KvpValue): string {
  if ('text' in value) return value.text;
  if ('number' in value) return String(value.number);
  return 'bigint' in value ? String(value.bigint) : '';
}

export function writeValue(
  message: Uint8Array,
  field: ValueField,
  value: KvpValue,
  limit: TextLimit,
  policy: TextPolicy,
): void {
  requireUnsigned('value type', value.type, 32);
  writeU32(message, field.typeAt, value.type);
  if ('text' in value) writeSizedText(message, textField(field), value.text, limit, policy);
  else if ('number' in value) {
    requireUnsigned('value', value.number, 32);
    writeU32(message, field.sizeAt, 4);
    writeU32(message, field.at, value.number);
  } else if ('bigint' in value) {
    if (BigInt.asUintN(64, value.bigint) !== value.bigint)
      throw new MisuseError(`value is an unsigned 64-bit number, not ${value.bigint}`);
    writeU32(message, field.sizeAt, 8);
    writeU64(message, field.at, value.bigint);
  } else {
    if (value.bytes.length > wire.VALUE_BYTES)
      throw new KvpError('ERR_LIMIT_VALUE', {
        detail: 'bytes',
        expected: wire.VALUE_BYTES,
        actual: value.bytes.length,
      });
    writeU32(message, field.sizeAt, value.bytes.length);
    message.set(value.bytes, field.at);
  }
}

/** @throws KvpError ERR_CODEC_SIZE, ERR_CODEC_NUL, ERR_CODEC_UTF16; sizes only under `strict` */
export function readValue(message: Uint8Array, field: ValueField, policy: TextPolicy): KvpValue {
  const type = readU32(message, field.typeAt);
  switch (type) {
    case wire.VALUE_TYPE_STRING:
    case wire.VALUE_TYPE_EXPAND_STRING:
      return { type, text: readSizedText(message, textField(field), policy) };
    case wire.VALUE_TYPE_U32:
      requireSize(message, field, policy, 4);
      return { type, number: readU32(message, field.at) };
    case wire.VALUE_TYPE_U64:
    case wire.VALUE_TYPE_QWORD:
      requireSize(message, field, policy, 8);
      return { type, bigint: readU64(message, field.at) };
    default:
      return { type, bytes: bytesOf(message, field, policy) };
  }
}

const textField = ({ at, sizeAt }: ValueField) => ({ what: 'value', at, sizeAt, bytes: wire.VALUE_BYTES });

function bytesOf(message: Uint8Array, field: ValueField, policy: TextPolicy): Uint8Array {
  const stated = readU32(message, field.sizeAt);
  if (policy === 'strict' && stated > wire.VALUE_BYTES) throw wrongSize(field, `at most ${wire.VALUE_BYTES}`, stated);
  return message.subarray(field.at, field.at + Math.min(stated, wire.VALUE_BYTES));
}

function requireSize(message: Uint8Array, field: ValueField, policy: TextPolicy, expected: number): void {
  const actual = readU32(message, field.sizeAt);
  if (policy === 'strict' && actual !== expected) throw wrongSize(field, expected, actual);
}

const wrongSize = ({ sizeAt }: ValueField, expected: number | string, actual: number): KvpError =>
  new KvpError('ERR_CODEC_SIZE', { detail: 'value size', offset: sizeAt, expected, actual });
