/** What the driver asks of the daemon (protocol.md 4.1): decoding for daemons, encoding for drivers and tests. */
import { optionsOf, requireInteger, requireObject, requireUnsigned } from '../arguments.js';
import { KvpError } from '../errors.js';
import * as wire from '../wire/daemon-message.js';
import * as kvp from '../wire/kvp.js';
import { cleanOutput, readU32, writeU32 } from './bytes.js';
import {
  type DaemonDialect,
  type DaemonOptions,
  type DaemonOutputOptions,
  daemonMessageBytes,
  readAdapterId,
  readDaemonIp,
  requireDaemonBytes,
  writeAdapterId,
  writeDaemonIp,
} from './daemon-message.js';
import { type IpInfoInput, type IpInfoText, toIpInfoText } from './ip-info.js';
import { encodeUtf8 } from './text.js';
import { textBytes, writeField } from './utf8-field.js';

/** Keys and values are UTF-8 without a NUL: views of the message, valid as long as it is left alone. */
export type DaemonRequest =
  | { operation: typeof kvp.OPERATION_GET; pool: number; key: Uint8Array; valueSize: number }
  | { operation: typeof kvp.OPERATION_SET; pool: number; key: Uint8Array; value: Uint8Array }
  | { operation: typeof kvp.OPERATION_DELETE; pool: number; key: Uint8Array }
  | { operation: typeof kvp.OPERATION_ENUMERATE; pool: number; index: number }
  | { operation: typeof kvp.OPERATION_GET_IP_INFO; pool: number; adapterId: string; family: number }
  | { operation: typeof kvp.OPERATION_SET_IP_INFO; pool: number; ip: IpInfoText }
  /** Any other operation, the registration reply (100) among them: everything behind the first word. */
  | { operation: number; pool: number; body: Uint8Array };

type Text = string | Uint8Array;

/** What {@link encodeDaemonRequest} takes. */
export type DaemonRequestInput =
  | { operation: typeof kvp.OPERATION_GET | typeof kvp.OPERATION_DELETE; pool: number; key: Text }
  | { operation: typeof kvp.OPERATION_SET; pool: number; key: Text; value: Text }
  | { operation: typeof kvp.OPERATION_ENUMERATE; pool: number; index: number }
  | { operation: typeof kvp.OPERATION_GET_IP_INFO; pool: number; adapterId: string; family?: number }
  | { operation: typeof kvp.OPERATION_SET_IP_INFO; pool: number; ip: IpInfoInput };

/** A sized text: where it stands, how long its field is, where its size stands. */
interface Field {
  what: 'key' | 'value';
  at: number;
  bytes: number;
  sizeAt: number;
}

const KEY: Field = { what: 'key', at: kvp.VALUE_KEY, bytes: kvp.KEY_BYTES, sizeAt: kvp.VALUE_KEY_SIZE };
const VALUE: Field = { what: 'value', at: kvp.VALUE_VALUE, bytes: kvp.VALUE_BYTES, sizeAt: kvp.VALUE_VALUE_SIZE };
const DELETE_KEY: Field = { ...KEY, at: kvp.DELETE_KEY, sizeAt: kvp.DELETE_KEY_SIZE };

/**
 * What a whole message from the device asks for. Pools and operations are not judged here: a daemon answers an
 * unknown one with 0x80070032 and a pool above 4 with 0x80070057, and any error thrown here with 0x80070057.
 *
 * A text ends at its first NUL or at its stated size, never beyond its field. FreeBSD's driver states sizes that are
 * too small for anything but ASCII, so in that dialect only the NUL counts.
 *
 * @throws KvpError ERR_CODEC_SHORT; ERR_CODEC_SIZE (a key size of 0 or beyond 512, a value size beyond 2,048);
 *   ERR_CODEC_NUL, ERR_CODEC_UTF8 (IP texts)
 */
export function decodeDaemonRequest(message: Uint8Array, options: DaemonOptions = {}): DaemonRequest {
  const { dialect = 'linux' } = optionsOf(options);
  requireDaemonBytes(message, dialect);
  const operation = message[wire.DAEMON_OPERATION]!;
  const pool = message[wire.DAEMON_POOL]!;
  switch (operation) {
    case kvp.OPERATION_GET:
      return { operation, pool, key: readKey(message, KEY, dialect), valueSize: readSize(message, VALUE, 0) };
    case kvp.OPERATION_SET:
      return { operation, pool, key: readKey(message, KEY, dialect), value: readValue(message, dialect) };
    case kvp.OPERATION_DELETE:
      return { operation, pool, key: readKey(message, DELETE_KEY, dialect) };
    case kvp.OPERATION_ENUMERATE:
      return { operation, pool, index: readU32(message, kvp.ENUMERATE_INDEX) };
    case kvp.OPERATION_GET_IP_INFO:
      return { operation, pool, adapterId: readAdapterId(message), family: message[wire.DAEMON_IP_FAMILY]! };
    case kvp.OPERATION_SET_IP_INFO:
      return { operation, pool, ip: readDaemonIp(message) };
    default:
      return { operation, pool, body: message.subarray(wire.DAEMON_BODY, daemonMessageBytes(dialect)) };
  }
}

/**
 * A whole request, zero wherever nothing belongs. GET states room for a value of 2,048 bytes.
 *
 * @throws KvpError ERR_LIMIT_KEY, ERR_LIMIT_VALUE, ERR_LIMIT_LIST, ERR_CODEC_INNER_NUL, ERR_CODEC_UTF16
 */
export function encodeDaemonRequest(request: DaemonRequestInput, options: DaemonOutputOptions = {}): Uint8Array {
  requireObject('request', request);
  requireObject('options', options);
  requireInteger('operation', request.operation, kvp.OPERATION_GET, kvp.OPERATION_SET_IP_INFO);
  requireUnsigned('pool', request.pool, 8);
  const message = cleanOutput(daemonMessageBytes(options.dialect), options.into);
  switch (request.operation) {
    case kvp.OPERATION_GET:
      writeSized(message, KEY, request.key);
      writeU32(message, VALUE.sizeAt, VALUE.bytes);
      break;
    case kvp.OPERATION_SET:
      writeSized(message, KEY, request.key);
      writeSized(message, VALUE, request.value);
      break;
    case kvp.OPERATION_DELETE:
      writeSized(message, DELETE_KEY, request.key);
      break;
    case kvp.OPERATION_ENUMERATE:
      requireUnsigned('index', request.index, 32);
      writeU32(message, kvp.ENUMERATE_INDEX, request.index);
      break;
    case kvp.OPERATION_GET_IP_INFO:
      writeAdapterId(message, request.adapterId);
      requireUnsigned('family', request.family ?? 0, 8);
      message[wire.DAEMON_IP_FAMILY] = request.family ?? 0;
      break;
    case kvp.OPERATION_SET_IP_INFO:
      requireObject('ip', request.ip);
      writeAdapterId(message, request.ip.adapterId);
      writeDaemonIp(message, toIpInfoText(request.ip));
  }
  // Last: after an error, operation 0 without a key size is no request.
  message[wire.DAEMON_OPERATION] = request.operation;
  message[wire.DAEMON_POOL] = request.pool;
  return message;
}

function readSize(message: Uint8Array, { what, bytes, sizeAt }: Field, least: number): number {
  const size = readU32(message, sizeAt);
  if (size >= least && size <= bytes) return size;
  const expected = `${least} to ${bytes}`;
  throw new KvpError('ERR_CODEC_SIZE', { detail: `${what} size`, offset: sizeAt, expected, actual: size });
}

function readKey(message: Uint8Array, field: Field, dialect: DaemonDialect): Uint8Array {
  const size = readSize(message, field, 1);
  return textBytes(message, field.at, dialect === 'linux' ? size : field.bytes);
}

function readValue(message: Uint8Array, dialect: DaemonDialect): Uint8Array {
  const size = readSize(message, VALUE, 0);
  return textBytes(message, VALUE.at, dialect === 'linux' ? size : VALUE.bytes);
}

function writeSized(message: Uint8Array, { what, at, bytes, sizeAt }: Field, text: Text): void {
  const utf8 = typeof text === 'string' ? encodeUtf8(text) : text;
  writeField(message, what, at, bytes, utf8);
  writeU32(message, sizeAt, utf8.length + 1);
}
