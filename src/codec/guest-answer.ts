/**
 * What a guest answers to a KVP request: the one reader of it, for hosts and for whoever tests a guest. It decides as
 * OpenVMM's host does, the strictest one known, whose decisions stand recorded in test/vectors/openvmm.
 */
import { requireChoice, requireObject, requireUnsigned } from '../arguments.js';
import { KvpError } from '../errors.js';
import { IP_BINARY_END, IP_MESSAGE_BYTES } from '../wire/ip.js';
import * as kvp from '../wire/kvp.js';
import * as wire from '../wire/payload.js';
import { Status } from '../wire/status.js';
import { decodeAnswerPayload, remarkVersion } from './answer-header.js';
import { readU32 } from './bytes.js';
import { placed } from './error-place.js';
import { readIpBinary } from './ip-binary.js';
import { decodeKvp, type KvpMessage, type KvpOptions } from './kvp.js';
import { type Remark, Remarks } from './remarks.js';
import { TEXT_POLICIES } from './text.js';
import { DEFAULT_FRAMEWORK, DEFAULT_MESSAGE_VERSION, hasBinaryIp, requireVersion, type Version } from './version.js';

export interface AnswerOptions extends KvpOptions {
  /** The negotiated framework version. Default 3.0. */
  framework?: Version;
  /** The transaction byte of the request. Default 0. */
  transaction?: number;
  /** The request's pool and, for ENUMERATE, index: an answer that says something else comes back with a remark. */
  pool?: number;
  index?: number;
}

export interface KvpAnswer {
  /** {@link Status}; an open set. Any other than 0 is a refusal of this request; the channel goes on. */
  status: number;
  /** Present when the status is 0 and the operation returns something: GET, ENUMERATE, GET_IP_INFO. */
  message?: KvpMessage;
  /** What hosts tolerate although no guest should send it. */
  remarks: Remark[];
}

/**
 * Reads a guest's answer. There are three outcomes: a status other than 0, with which the guest refuses the request and
 * after which hosts go on; an answer; and an error, upon which hosts fail the channel.
 *
 * A text ends where its size says: a NUL inside is part of it, and worth a remark. Of a header, only the transaction,
 * the flags transaction and response and the stated size must be right. The body of a refusal is not looked at.
 *
 * @param operation the request's
 * @throws KvpError ERR_CODEC_SHORT, ERR_CODEC_PIPE, ERR_CODEC_IC, ERR_CODEC_SIZE, ERR_CODEC_NUL, ERR_CODEC_UTF16,
 *   ERR_CODEC_VALUE_TYPE, ERR_CODEC_IP: the channel is failed
 */
export function decodeKvpAnswer(payload: Uint8Array, operation: number, options: AnswerOptions = {}): KvpAnswer {
  requireUnsigned('operation', operation, 8);
  requireObject('options', options);
  const {
    framework = DEFAULT_FRAMEWORK,
    version = DEFAULT_MESSAGE_VERSION,
    transaction = 0,
    text = 'strict',
  } = options;
  requireChoice('text', text, TEXT_POLICIES);
  requireVersion('framework', framework);
  requireVersion('version', version);
  requireUnsigned('transaction', transaction, 8);
  if (options.pool !== undefined) requireUnsigned('pool', options.pool, 8);
  if (options.index !== undefined) requireUnsigned('index', options.index, 32);
  const remarks = new Remarks();
  const { ic, body } = decodeAnswerPayload(payload, transaction, remarks);
  remarks.expect('message type', wire.PIPE_HEADER_BYTES + wire.IC_TYPE, wire.IC_TYPE_KVP, ic.type);
  remarkVersion(remarks, 'framework version', wire.IC_FRAMEWORK_MAJOR, framework, ic.framework);
  remarkVersion(remarks, 'message version', wire.IC_MESSAGE_MAJOR, version, ic.message);
  const answer: KvpAnswer = { status: ic.status, remarks: remarks.list };
  if (ic.status !== Status.Ok) return answer;
  const within = remarks.within(wire.HEADERS_BYTES);
  remarkEcho(body, operation, options, within);
  const needed = answerBytes(operation, version);
  if (needed === undefined) return answer;
  if (body.length < needed)
    throw new KvpError('ERR_CODEC_SHORT', {
      detail: 'answer',
      offset: wire.HEADERS_BYTES + body.length,
      expected: needed,
      actual: body.length,
    });
  answer.message = placed(wire.HEADERS_BYTES, undefined, () =>
    operation === kvp.OPERATION_GET_IP_INFO && hasBinaryIp(version)
      ? { operation, pool: body[kvp.KVP_POOL]!, ip: readIpBinary(body, text, within) }
      : readMessage(body, operation, { version, text }),
  );
  remarkTexts(answer.message, within);
  return answer;
}

/** Bytes of the message that an operation's answer needs; undefined when it returns nothing. */
function answerBytes(operation: number, version: Version): number | undefined {
  switch (operation) {
    case kvp.OPERATION_GET:
      return kvp.VALUE_BODY_END;
    case kvp.OPERATION_ENUMERATE:
      return kvp.ENUMERATE_BODY_END;
    case kvp.OPERATION_GET_IP_INFO:
      return hasBinaryIp(version) ? IP_BINARY_END : IP_MESSAGE_BYTES;
    default:
      return undefined;
  }
}

function readMessage(body: Uint8Array, operation: number, options: KvpOptions): KvpMessage {
  if (operation !== kvp.OPERATION_GET_IP_INFO)
    requireHostValueType(body, operation === kvp.OPERATION_GET ? kvp.VALUE_TYPE : kvp.ENUMERATE_TYPE);
  // A guest may have overwritten operation and pool, as OpenBSD's does: what was asked is decoded.
  const asked = new Uint8Array(body);
  asked[kvp.KVP_OPERATION] = operation;
  return decodeKvp(asked, options);
}

function requireHostValueType(body: Uint8Array, at: number): void {
  const actual = readU32(body, at);
  // 8 is what guests call a 64-bit number among themselves; no host knows it.
  if (!HOST_VALUE_TYPES.has(actual)) throw new KvpError('ERR_CODEC_VALUE_TYPE', { offset: at, actual });
}

const HOST_VALUE_TYPES = new Set<number>([
  kvp.VALUE_TYPE_STRING,
  kvp.VALUE_TYPE_EXPAND_STRING,
  kvp.VALUE_TYPE_U32,
  kvp.VALUE_TYPE_QWORD,
]);

/** What an answer repeats of its request; no host compares it. */
function remarkEcho(body: Uint8Array, operation: number, { pool, index }: AnswerOptions, remarks: Remarks): void {
  if (body.length < kvp.KVP_HEADER_BYTES) return;
  remarks.expect('operation', kvp.KVP_OPERATION, operation, body[kvp.KVP_OPERATION]!);
  if (pool !== undefined) remarks.expect('pool', kvp.KVP_POOL, pool, body[kvp.KVP_POOL]!);
  if (index === undefined || operation !== kvp.OPERATION_ENUMERATE || body.length < kvp.ENUMERATE_TYPE) return;
  remarks.expect('index', kvp.ENUMERATE_INDEX, index, readU32(body, kvp.ENUMERATE_INDEX));
}

function remarkTexts(message: KvpMessage, remarks: Remarks): void {
  const isGet = message.operation === kvp.OPERATION_GET;
  const remark = (what: string, text: string, at: number): void => {
    const nul = text.indexOf('\0');
    if (nul >= 0) remarks.add(what, at + 2 * nul, 'no NUL within the stated size', `one of ${text.length} units`);
  };
  if ('key' in message && message.key !== undefined)
    remark('key', message.key, isGet ? kvp.VALUE_KEY : kvp.ENUMERATE_KEY);
  if ('value' in message && message.value !== undefined && 'text' in message.value)
    remark('value', message.value.text, isGet ? kvp.VALUE_VALUE : kvp.ENUMERATE_VALUE);
}
