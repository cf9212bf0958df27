/**
 * One payload decoded where it stands: to carry it into engine memory and a text out of there takes longer than to make
 * its two strings here. The result is that of assembly/decode.ts.
 */
import { wrong } from '../arguments.js';
import { recordFault } from '../engine/faults.js';
import type { KvpError } from '../errors.js';
import { CAUSE_NOT_KVP, CAUSE_SHORT } from '../wire/engine.js';
import * as kvp from '../wire/kvp.js';
import { HEADERS_BYTES, IC_STATUS, IC_TRANSACTION, IC_TYPE, IC_TYPE_KVP, PIPE_HEADER_BYTES } from '../wire/payload.js';
import { readU16, readU32, readU64 } from './bytes.js';
import type { DecodedBatch } from './decoded-batch.js';

/** Node's own conversion, which takes any bytes: it is not documented, and a view in a Buffer costs as much as a text. */
type Slice = (this: Uint8Array, start: number, end: number) => string;
const ucs2Slice =
  typeof Buffer === 'function' ? (Buffer.prototype as unknown as { ucs2Slice?: Slice }).ucs2Slice : undefined;

interface Message {
  status: number;
  transaction: number;
  operation: number;
  pool: number;
  index: number;
  type: number;
  key: string;
  value: string | number | bigint;
  /** Why it could not be decoded, and where; 0 when it was. */
  cause: number;
  offset: number;
}

class SingleMessage implements DecodedBatch {
  readonly count = 1;
  readonly #message: Message;

  constructor(message: Message) {
    this.#message = message;
  }

  fault(i: number): KvpError | undefined {
    const { cause, offset } = this.#at(i);
    return cause === 0 ? undefined : recordFault(-cause, offset);
  }
  operation(i: number): number {
    return this.#at(i).operation;
  }
  pool(i: number): number {
    return this.#at(i).pool;
  }
  index(i: number): number {
    return this.#at(i).index;
  }
  valueType(i: number): number {
    return this.#at(i).type;
  }
  status(i: number): number {
    return this.#at(i).status;
  }
  transaction(i: number): number {
    return this.#at(i).transaction;
  }
  key(i: number): string {
    return this.#at(i).key;
  }
  value(i: number): string | number | bigint {
    return this.#at(i).value;
  }

  #at(i: number): Message {
    if (i !== 0) throw wrong('i', '0: there is one message', i);
    return this.#message;
  }
}

/** Undefined where there is no native conversion. */
export function decodeSingle(payload: Uint8Array): DecodedBatch | undefined {
  return ucs2Slice === undefined ? undefined : new SingleMessage(messageOf(payload));
}

function messageOf(payload: Uint8Array): Message {
  const message: Message = {
    status: 0,
    transaction: 0,
    operation: 0,
    pool: 0,
    index: 0,
    type: 0,
    key: '',
    value: '',
    cause: 0,
    offset: 0,
  };
  const bytes = payload.length;
  if (bytes < HEADERS_BYTES + 2) return refused(message, CAUSE_SHORT, bytes);
  message.status = readU32(payload, PIPE_HEADER_BYTES + IC_STATUS);
  message.transaction = payload[PIPE_HEADER_BYTES + IC_TRANSACTION]!;
  if (readU16(payload, PIPE_HEADER_BYTES + IC_TYPE) !== IC_TYPE_KVP) {
    return refused(message, CAUSE_NOT_KVP, PIPE_HEADER_BYTES + IC_TYPE);
  }
  const operation = payload[HEADERS_BYTES]!;
  message.operation = operation;
  message.pool = payload[HEADERS_BYTES + kvp.KVP_POOL]!;
  if (operation > kvp.OPERATION_ENUMERATE) return message;
  if (operation === kvp.OPERATION_DELETE) {
    if (bytes < HEADERS_BYTES + kvp.DELETE_BODY_END) return refused(message, CAUSE_SHORT, bytes);
    message.key = textAt(payload, kvp.DELETE_KEY_SIZE, kvp.DELETE_KEY, kvp.KEY_BYTES, 0);
    return message;
  }
  const isEnumerate = operation === kvp.OPERATION_ENUMERATE;
  const shift = isEnumerate ? kvp.ENUMERATE_KEY - kvp.VALUE_KEY : 0;
  if (bytes < HEADERS_BYTES + kvp.VALUE_BODY_END + shift) return refused(message, CAUSE_SHORT, bytes);
  if (isEnumerate) message.index = readU32(payload, HEADERS_BYTES + kvp.ENUMERATE_INDEX);
  message.type = readU32(payload, HEADERS_BYTES + shift + kvp.VALUE_TYPE);
  message.key = textAt(payload, kvp.VALUE_KEY_SIZE, kvp.VALUE_KEY, kvp.KEY_BYTES, shift);
  message.value = valueAt(payload, message.type, shift);
  return message;
}

function refused(message: Message, cause: number, offset: number): Message {
  message.cause = cause;
  message.offset = offset;
  return message;
}

function valueAt(payload: Uint8Array, type: number, shift: number): string | number | bigint {
  const value = HEADERS_BYTES + shift + kvp.VALUE_VALUE;
  if (type === kvp.VALUE_TYPE_U32) return readU32(payload, value);
  if (type === kvp.VALUE_TYPE_U64 || type === kvp.VALUE_TYPE_QWORD) return readU64(payload, value);
  return textAt(payload, kvp.VALUE_VALUE_SIZE, kvp.VALUE_VALUE, kvp.VALUE_BYTES, shift);
}

/** A text up to its first NUL or the end of its stated size; all offsets are in the message, `shift` further on. */
function textAt(payload: Uint8Array, sizeAt: number, at: number, fieldBytes: number, shift: number): string {
  const start = HEADERS_BYTES + shift + at;
  let end = start + (Math.min(readU32(payload, HEADERS_BYTES + shift + sizeAt), fieldBytes) & ~1);
  // A size that counts the NUL is the usual one.
  if (end > start && payload[end - 2] === 0 && payload[end - 1] === 0) end -= 2;
  const text = ucs2Slice!.call(payload, start, end);
  const nul = text.indexOf('\0');
  return nul < 0 ? text : text.slice(0, nul);
}
