/**
 * What the daemon answers, written over the request it belongs to, a whole message (else ERR_CODEC_SHORT). Nothing of the request shows through behind a text:
 * every field is zero to its end. Sizes and type stay as they were received; the driver goes by the NULs.
 */
import { optionsOf, requireUnsigned } from '../arguments.js';
import * as kvp from '../wire/kvp.js';
import { Status } from '../wire/status.js';
import {
  type DaemonOptions,
  readDaemonIp,
  readDaemonStatus,
  requireDaemonBytes,
  writeDaemonIp,
  writeDaemonStatus,
} from './daemon-message.js';
import type { IpInfoText } from './ip-info.js';
import { textBytes, writeField, writeFields } from './utf8-field.js';

/** Answers stand in messages of either dialect: the fields have the same offsets. */
const SHORTEST = 'freebsd';

/** SET, DELETE, SET_IP_INFO, and every refusal: the status word; the body stays. */
export function answerStatus(message: Uint8Array, status: number = Status.Ok): Uint8Array {
  writeDaemonStatus(message, status);
  return message;
}

/** GET: the value, UTF-8 without NUL, at most 2,047 bytes. Throws KvpError ERR_LIMIT_VALUE with the message unchanged. */
export function answerGet(message: Uint8Array, value: Uint8Array): Uint8Array {
  return answered(message, () => writeField(message, 'value', kvp.VALUE_VALUE, kvp.VALUE_BYTES, value));
}

/**
 * ENUMERATE: one record, UTF-8 without NULs, at most 511 and 2,047 bytes. Throws KvpError ERR_LIMIT_KEY or
 * ERR_LIMIT_VALUE with the message unchanged.
 */
export function answerEnumerate(message: Uint8Array, key: Uint8Array, value: Uint8Array): Uint8Array {
  return answered(message, () =>
    writeFields(message, [
      { what: 'key', at: kvp.ENUMERATE_KEY, bytes: kvp.KEY_BYTES, text: key },
      { what: 'value', at: kvp.ENUMERATE_VALUE, bytes: kvp.VALUE_BYTES, text: value },
    ]),
  );
}

/** GET_IP_INFO: the adapter id stays. Throws KvpError ERR_LIMIT_LIST with the message unchanged. */
export function answerIpInfo(message: Uint8Array, info: Omit<IpInfoText, 'adapterId'>): Uint8Array {
  return answered(message, () => writeDaemonIp(message, info));
}

/** The status comes last: after an error the message is still the request. */
function answered(message: Uint8Array, write: () => void): Uint8Array {
  requireDaemonBytes(message, SHORTEST);
  write();
  return answerStatus(message);
}

export interface DaemonAnswer {
  status: number;
  /** ENUMERATE. Keys and values are views of the message. */
  key?: Uint8Array;
  /** GET and ENUMERATE. */
  value?: Uint8Array;
  /** GET_IP_INFO. */
  ip?: IpInfoText;
}

/**
 * Reads an answer. It does not say what it answers: `operation` is the request's.
 *
 * @throws KvpError ERR_CODEC_SHORT; ERR_CODEC_NUL, ERR_CODEC_UTF8 (IP texts)
 */
export function decodeDaemonAnswer(message: Uint8Array, operation: number, options: DaemonOptions = {}): DaemonAnswer {
  const { dialect = 'linux' } = optionsOf(options);
  requireUnsigned('operation', operation, 8);
  requireDaemonBytes(message, dialect);
  const status = readDaemonStatus(message);
  if (status !== Status.Ok) return { status };
  switch (operation) {
    case kvp.OPERATION_GET:
      return { status, value: textBytes(message, kvp.VALUE_VALUE, kvp.VALUE_BYTES) };
    case kvp.OPERATION_ENUMERATE:
      return {
        status,
        key: textBytes(message, kvp.ENUMERATE_KEY, kvp.KEY_BYTES),
        value: textBytes(message, kvp.ENUMERATE_VALUE, kvp.VALUE_BYTES),
      };
    case kvp.OPERATION_GET_IP_INFO:
      return { status, ip: readDaemonIp(message) };
    default:
      return { status };
  }
}
