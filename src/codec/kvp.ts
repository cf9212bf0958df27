/**
 * The KVP message between host and guest, which stands at payload offset 28 (protocol.md 3.1 to 3.4).
 *
 * Operation, pool and value type are open sets: an unknown operation keeps its body, an unknown value type its bytes,
 * and both encode to the bytes they came from.
 */
import { requireBytes, requireChoice, requireObject, requireUnsigned } from '../arguments.js';
import { MisuseError } from '../errors.js';
import { IP_MESSAGE_BYTES } from '../wire/ip.js';
import * as wire from '../wire/kvp.js';
import { cleanOutput, type OutputOptions, readU32, writeU32 } from './bytes.js';
import { decodeIpBinary, encodeIpBinary } from './ip-binary.js';
import type { IpInfo, IpInfoInput } from './ip-info.js';
import { decodeIpString, encodeIpString } from './ip-string.js';
import { type KvpValue, readValue, type ValueField, writeValue } from './kvp-value.js';
import { GUEST_KEY_LIMIT, GUEST_VALUE_LIMIT, HOST_KEY_LIMIT, HOST_VALUE_LIMIT } from './limits.js';
import { requireKvpBytes } from './minimum-sizes.js';
import { TEXT_POLICIES, type TextPolicy } from './text.js';
import { readSizedText, type TextField, writeSizedText } from './text-field.js';
import { DEFAULT_MESSAGE_VERSION, hasBinaryIp, requireVersion, type Version } from './version.js';

export interface GetMessage {
  operation: typeof wire.OPERATION_GET;
  pool: number;
  key: string;
  /** Only in answers. */
  value?: KvpValue;
}
export interface SetMessage {
  operation: typeof wire.OPERATION_SET;
  pool: number;
  key: string;
  value: KvpValue;
}
export interface DeleteMessage {
  operation: typeof wire.OPERATION_DELETE;
  pool: number;
  key: string;
}
export interface EnumerateMessage {
  operation: typeof wire.OPERATION_ENUMERATE;
  pool: number;
  /** u32, counted from 0. */
  index: number;
  /** Only in answers, as is `value`. */
  key?: string;
  value?: KvpValue;
}
export interface IpMessage {
  operation: typeof wire.OPERATION_GET_IP_INFO | typeof wire.OPERATION_SET_IP_INFO;
  pool: number;
  ip: IpInfo;
}
/** Any other operation: everything behind operation and pool, as it came. */
export interface UnknownMessage {
  operation: number;
  pool: number;
  body: Uint8Array;
}

/** Tell the unknown ones apart with `'body' in message`; `operation` then narrows the rest. */
export type KvpMessage = GetMessage | SetMessage | DeleteMessage | EnumerateMessage | IpMessage | UnknownMessage;
/** What {@link encodeKvp} takes: a KvpMessage whose IP lists may also be texts joined with ';'. */
export type KvpMessageInput = Exclude<KvpMessage, IpMessage> | (Omit<IpMessage, 'ip'> & { ip: IpInfoInput });

export interface KvpOptions {
  /** The negotiated message version. From 5.0 on IP blocks are binary. Default 4.0. */
  version?: Version;
  /** Default `strict`. */
  text?: TextPolicy;
}

export interface KvpEncodeOptions extends KvpOptions, OutputOptions {
  /** Whose limits hold: 255 and 1,023 units for a host's requests (default), 254 and 1,022 for a guest's answers. */
  limits?: 'host' | 'guest';
}

interface Layout {
  key: TextField;
  value: ValueField;
}

const keyField = (at: number, sizeAt: number): TextField => ({ what: 'key', at, sizeAt, bytes: wire.KEY_BYTES });
const VALUE_BODY: Layout = {
  key: keyField(wire.VALUE_KEY, wire.VALUE_KEY_SIZE),
  value: { typeAt: wire.VALUE_TYPE, sizeAt: wire.VALUE_VALUE_SIZE, at: wire.VALUE_VALUE },
};
const ENUMERATE_BODY: Layout = {
  key: keyField(wire.ENUMERATE_KEY, wire.ENUMERATE_KEY_SIZE),
  value: { typeAt: wire.ENUMERATE_TYPE, sizeAt: wire.ENUMERATE_VALUE_SIZE, at: wire.ENUMERATE_VALUE },
};
const DELETE_KEY = keyField(wire.DELETE_KEY, wire.DELETE_KEY_SIZE);
/** An unknown operation's body: nothing is known about its alignment, so everything behind operation and pool. */
const UNKNOWN_BODY = 2;

/**
 * Encodes a message at its full length: 2,580 bytes, 7,428 for IP messages, as long as its body for an unknown one.
 *
 * @throws KvpError ERR_LIMIT_KEY, ERR_LIMIT_VALUE, ERR_LIMIT_LIST (nothing was written to `into` that could be sent),
 *   ERR_CODEC_INNER_NUL, ERR_CODEC_UTF16, ERR_CODEC_IP; MisuseError when `operation` and fields do not fit together or
 *   a number is too large for its field
 *
 * @example
 * encodeKvp({ operation: Operation.Set, pool: Pool.External, key: 'Foo', value: { type: 1, text: 'Bär' } })
 */
export function encodeKvp(message: KvpMessageInput, options: KvpEncodeOptions = {}): Uint8Array {
  requireObject('message', message);
  requireObject('options', options);
  const { version = DEFAULT_MESSAGE_VERSION, text = 'strict', limits = 'host' } = options;
  requireVersion('version', version);
  requireChoice('text', text, TEXT_POLICIES);
  requireChoice('limits', limits, ['host', 'guest']);
  requireUnsigned('operation', message.operation, 8);
  requireUnsigned('pool', message.pool, 8);
  const output = cleanOutput(kvpBytesOf(message), options.into);
  const write = (key: string | undefined, value: KvpValue | undefined, layout: Layout) => {
    if (key !== undefined)
      writeSizedText(output, layout.key, key, limits === 'host' ? HOST_KEY_LIMIT : GUEST_KEY_LIMIT, text);
    if (value !== undefined)
      writeValue(output, layout.value, value, limits === 'host' ? HOST_VALUE_LIMIT : GUEST_VALUE_LIMIT, text);
  };
  if ('body' in message) output.set(message.body, UNKNOWN_BODY);
  else if ('ip' in message)
    (hasBinaryIp(version) ? encodeIpBinary : encodeIpString)(ipOf(message), { into: output, text });
  else if ('index' in message) {
    requireUnsigned('index', message.index, 32);
    writeU32(output, wire.ENUMERATE_INDEX, message.index);
    write(message.key, message.value, ENUMERATE_BODY);
  } else if (message.operation === wire.OPERATION_DELETE) {
    writeSizedText(output, DELETE_KEY, message.key, limits === 'host' ? HOST_KEY_LIMIT : GUEST_KEY_LIMIT, text);
  } else write(message.key, message.value, VALUE_BODY);
  // Last: after an error, operation 0 without a key passes for no message.
  output[wire.KVP_OPERATION] = message.operation;
  output[wire.KVP_POOL] = message.pool;
  return output;
}

/** A host that sets addresses leaves their origins out, as OpenVMM's does: only a guest knows them. */
function ipOf({ operation, ip }: Extract<KvpMessageInput, { ip: unknown }>): IpInfoInput {
  return operation === wire.OPERATION_SET_IP_INFO ? { origins: [], ...ip } : ip;
}

const NEEDED_FIELDS: Readonly<Record<number, readonly string[]>> = {
  [wire.OPERATION_GET]: ['key'],
  [wire.OPERATION_SET]: ['key', 'value'],
  [wire.OPERATION_DELETE]: ['key'],
  [wire.OPERATION_ENUMERATE]: ['index'],
  [wire.OPERATION_GET_IP_INFO]: ['ip'],
  [wire.OPERATION_SET_IP_INFO]: ['ip'],
};

/** Bytes of the encoded message. */
export function kvpBytesOf(message: KvpMessageInput): number {
  requireObject('message', message);
  if ('body' in message) {
    requireBytes('body', message.body);
    return UNKNOWN_BODY + message.body.length;
  }
  // A field that is there and undefined is as good as none: a message without its key names another item.
  const has = (field: string): boolean => (message as unknown as Record<string, unknown>)[field] !== undefined;
  const needed = NEEDED_FIELDS[message.operation];
  if (needed === undefined || !needed.every(has))
    throw new MisuseError(`a message of operation ${message.operation} has other fields than these`);
  return 'ip' in message ? IP_MESSAGE_BYTES : wire.KVP_MESSAGE_BYTES;
}

/**
 * Decodes the KVP message of a payload (`decodePayload(payload).body`), request or answer. Reads no further than the
 * operation's own fields; `body` and `bytes` of unknown things are views of `message`.
 *
 * Under the default `strict` text policy, sizes must be exact (even, within the field, NUL-terminated; 4 and 8 bytes
 * for numbers). The other policies clamp them, as a guest must that answers every host.
 *
 * @throws KvpError ERR_CODEC_SHORT, ERR_CODEC_SIZE, ERR_CODEC_NUL, ERR_CODEC_UTF16, ERR_CODEC_IP
 */
export function decodeKvp(message: Uint8Array, options: KvpOptions = {}): KvpMessage {
  requireObject('options', options);
  const { version = DEFAULT_MESSAGE_VERSION, text = 'strict' } = options;
  requireChoice('text', text, TEXT_POLICIES);
  requireKvpBytes(message, version);
  const operation = message[wire.KVP_OPERATION]!;
  const pool = message[wire.KVP_POOL]!;
  switch (operation) {
    case wire.OPERATION_GET: {
      const key = readSizedText(message, VALUE_BODY.key, text);
      return isBlank(message, VALUE_BODY.value)
        ? { operation, pool, key }
        : { operation, pool, key, value: readValue(message, VALUE_BODY.value, text) };
    }
    case wire.OPERATION_SET: {
      const key = readSizedText(message, VALUE_BODY.key, text);
      return { operation, pool, key, value: readValue(message, VALUE_BODY.value, text) };
    }
    case wire.OPERATION_DELETE:
      return { operation, pool, key: readSizedText(message, DELETE_KEY, text) };
    case wire.OPERATION_ENUMERATE: {
      const index = readU32(message, wire.ENUMERATE_INDEX);
      if (message.length < wire.ENUMERATE_BODY_END || isBlank(message, ENUMERATE_BODY.value, ENUMERATE_BODY.key))
        return { operation, pool, index };
      const key = readSizedText(message, ENUMERATE_BODY.key, text);
      return { operation, pool, index, key, value: readValue(message, ENUMERATE_BODY.value, text) };
    }
    case wire.OPERATION_GET_IP_INFO:
    case wire.OPERATION_SET_IP_INFO:
      return { operation, pool, ip: (hasBinaryIp(version) ? decodeIpBinary : decodeIpString)(message, { text }) };
    default:
      return { operation, pool, body: message.subarray(UNKNOWN_BODY) };
  }
}

/** No value (and no key) is stated: this is a request. */
function isBlank(message: Uint8Array, value: ValueField, key?: TextField): boolean {
  const sizes = [value.typeAt, value.sizeAt, ...(key === undefined ? [] : [key.sizeAt])];
  return sizes.every((at) => readU32(message, at) === 0);
}
