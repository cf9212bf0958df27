/** Typed values (protocol.md 3.4). Guests produce strings only; hosts may send numbers. */
import { requireBytes, requireObject, requireUnsigned, requireUnsigned64, wrong } from '../arguments.js';
import { KvpError } from '../errors.js';
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
  requireObject('value', value);
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
  requireObject('value', value);
  requireUnsigned('value type', value.type, 32);
  writeU32(message, field.typeAt, value.type);
  if ('text' in value) {
    requireType(value.type, 'a type of texts: 1 or 2', [wire.VALUE_TYPE_STRING, wire.VALUE_TYPE_EXPAND_STRING]);
    writeSizedText(message, textField(field), value.text, limit, policy);
  } else if ('number' in value) {
    requireType(value.type, 'the type of numbers: 4', [wire.VALUE_TYPE_U32]);
    requireUnsigned('value', value.number, 32);
    writeU32(message, field.sizeAt, 4);
    writeU32(message, field.at, value.number);
  } else if ('bigint' in value) {
    requireType(value.type, 'a type of bigints: 8 or 11', [wire.VALUE_TYPE_U64, wire.VALUE_TYPE_QWORD]);
    requireUnsigned64('value', value.bigint);
    writeU32(message, field.sizeAt, 8);
    writeU64(message, field.at, value.bigint);
  } else {
    requireBytes('value.bytes', value.bytes);
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

function requireType(type: number, expected: string, types: readonly number[]): void {
  if (!types.includes(type)) throw wrong('value type', expected, type);
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
