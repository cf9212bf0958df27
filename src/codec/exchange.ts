/** Whole KVP payloads, and how strictly a host reads a guest's answer (protocol.md 2.4, 3.4, 3.8; OpenVMM's host). */
import { KvpError } from '../errors.js';
import { IP_MESSAGE_BYTES } from '../wire/ip.js';
import * as kvp from '../wire/kvp.js';
import * as wire from '../wire/payload.js';
import { Status } from '../wire/status.js';
import { cleanOutput, type OutputOptions, outputRoom, writeU32 } from './bytes.js';
import { placed } from './error-place.js';
import {
  decodeKvp,
  encodeKvp,
  type KvpEncodeOptions,
  type KvpMessage,
  type KvpMessageInput,
  type KvpOptions,
  kvpBytesOf,
} from './kvp.js';
import { decodeNegotiate, type VersionLists } from './negotiate.js';
import type { Agreement } from './negotiation-policy.js';
import { decodePayload, type IcHeader, requireHeaders, writeHeaders } from './payload.js';
import { compareVersions, DEFAULT_FRAMEWORK, DEFAULT_MESSAGE_VERSION, formatVersion, type Version } from './version.js';

export interface ExchangeOptions extends KvpEncodeOptions {
  /** Default 3.0. */
  framework?: Version;
  /** The IC transaction byte, which the answer repeats. Hosts send 0, the default. */
  transaction?: number;
}

/**
 * A host's request: the whole payload, 2,608 or 7,456 bytes.
 *
 * @throws what {@link encodeKvp} throws
 */
export const encodeKvpRequest = (message: KvpMessageInput, options: ExchangeOptions = {}): Uint8Array =>
  encodeExchange(message, { ...options, status: Status.Ok, flags: wire.IC_FLAGS_REQUEST });

export interface ResponseOptions extends ExchangeOptions {
  /** Default 0. With any other status a guest sends the request back as it came. */
  status?: number;
}

/** A guest's answer, with a guest's text limits unless `limits` says otherwise. */
export const encodeKvpResponse = (message: KvpMessageInput, options: ResponseOptions = {}): Uint8Array =>
  encodeExchange(message, { limits: 'guest', status: Status.Ok, ...options, flags: wire.IC_FLAGS_RESPONSE });

/**
 * The answer that repeats its request but for status and flags: every refusal, and the success of SET, DELETE and
 * SET_IP_INFO. As long as the request, ring padding included.
 *
 * @throws KvpError ERR_CODEC_SHORT when the request has no room for the headers: drop it
 */
export function encodeStatusResponse(
  request: Uint8Array,
  status: number = Status.Ok,
  { into }: OutputOptions = {},
): Uint8Array {
  requireHeaders(request);
  const response = outputRoom(request.length, into);
  response.set(request);
  writeU32(response, wire.PIPE_HEADER_BYTES + wire.IC_STATUS, status);
  response[wire.PIPE_HEADER_BYTES + wire.IC_FLAGS] = wire.IC_FLAGS_RESPONSE;
  return response;
}

function encodeExchange(
  message: KvpMessageInput,
  options: ExchangeOptions & { status: number; flags: number },
): Uint8Array {
  const { framework = DEFAULT_FRAMEWORK, version = DEFAULT_MESSAGE_VERSION, transaction = 0, status, flags } = options;
  const output = cleanOutput(wire.HEADERS_BYTES + kvpBytesOf(message), options.into);
  // The body first: a text over its limit must leave nothing behind that could be sent.
  encodeKvp(message, { ...options, into: output.subarray(wire.HEADERS_BYTES) });
  writeHeaders(output, { framework, type: wire.IC_TYPE_KVP, message: version, status, transaction, flags });
  return output;
}

export interface KvpAnswer {
  /** {@link Status}; an open set. */
  status: number;
  /** Present when the status is 0 and the operation returns something: GET, ENUMERATE, GET_IP_INFO. */
  message?: KvpMessage;
}

/**
 * Reads a guest's answer as strictly as the strictest known host: exact flags and transaction, sizes even and within
 * their fields, a NUL at the stated end, valid UTF-16, a known value type. OpenVMM fails the channel on any of these
 * errors. With a status other than 0 the body is not looked at; operation and pool are never compared, as no host does.
 *
 * @param operation the request's
 * @throws KvpError ERR_CODEC_SHORT, ERR_CODEC_PIPE, ERR_CODEC_IC, ERR_CODEC_SIZE, ERR_CODEC_NUL, ERR_CODEC_UTF16,
 *   ERR_CODEC_VALUE_TYPE, ERR_CODEC_IP
 */
export function decodeKvpAnswer(
  payload: Uint8Array,
  operation: number,
  { transaction = 0, ...options }: KvpOptions & { transaction?: number } = {},
): KvpAnswer {
  const { ic, body } = decodePayload(payload);
  requireIc('type', wire.IC_TYPE, wire.IC_TYPE_KVP, ic.type);
  requireAnswerHeader(ic, transaction);
  const bytes = ANSWER_BYTES[operation];
  if (ic.status !== Status.Ok || bytes === undefined) return { status: ic.status };
  if (body.length < bytes)
    throw new KvpError('ERR_CODEC_SHORT', {
      detail: 'answer',
      offset: wire.HEADERS_BYTES + body.length,
      expected: bytes,
      actual: body.length,
    });
  // A guest may have overwritten operation and pool (OpenBSD does): decode what was asked.
  const asked = new Uint8Array(body);
  asked[kvp.KVP_OPERATION] = operation;
  const message = placed(wire.HEADERS_BYTES, undefined, () => decodeKvp(asked, options));
  requireAnswerValue(message);
  return { status: ic.status, message };
}

/** Throws unless a GET or ENUMERATE answer holds a value of a known type. */
function requireAnswerValue(message: KvpMessage): void {
  const holdsValue = message.operation === kvp.OPERATION_GET || message.operation === kvp.OPERATION_ENUMERATE;
  if (!holdsValue) return;
  const value = 'value' in message ? message.value : undefined;
  if (value !== undefined && !('bytes' in value)) return;
  const typeAt = message.operation === kvp.OPERATION_GET ? kvp.VALUE_TYPE : kvp.ENUMERATE_TYPE;
  throw new KvpError('ERR_CODEC_VALUE_TYPE', { offset: wire.HEADERS_BYTES + typeAt, actual: value?.type ?? 0 });
}

/** Operations whose answer holds something, and how long its message must be. */
const ANSWER_BYTES: Readonly<Record<number, number>> = {
  [kvp.OPERATION_GET]: kvp.KVP_MESSAGE_BYTES,
  [kvp.OPERATION_ENUMERATE]: kvp.KVP_MESSAGE_BYTES,
  [kvp.OPERATION_GET_IP_INFO]: IP_MESSAGE_BYTES,
};

/**
 * Reads a guest's answer to a negotiate request as strictly as the strictest known host. Undefined for a message of
 * another type: a stale answer from before a restore, which hosts drop silently. The status is ignored.
 *
 * @throws KvpError ERR_CODEC_SHORT, ERR_CODEC_PIPE, ERR_CODEC_IC (flags, transaction), ERR_CODEC_NEGOTIATE (not
 *   exactly one version in each list, or one that was not offered): the channel is failed
 */
export function decodeNegotiateAnswer(payload: Uint8Array, offer: Readonly<VersionLists>): Agreement | undefined {
  const { ic } = decodePayload(payload);
  if (ic.type !== wire.IC_TYPE_NEGOTIATE) return undefined;
  requireAnswerHeader(ic, 0);
  const { frameworks, messages } = decodeNegotiate(payload);
  const framework = onlyOffered('framework', frameworks, offer.frameworks, wire.NEGOTIATE_FRAMEWORK_COUNT);
  const message = onlyOffered('message', messages, offer.messages, wire.NEGOTIATE_MESSAGE_COUNT);
  return { framework, message };
}

function onlyOffered(what: string, chosen: readonly Version[], offered: readonly Version[], countAt: number): Version {
  const [version] = chosen;
  const offset = wire.HEADERS_BYTES + countAt;
  if (version === undefined || chosen.length !== 1)
    throw new KvpError('ERR_CODEC_NEGOTIATE', {
      detail: `${what} versions`,
      offset,
      expected: 1,
      actual: chosen.length,
    });
  if (!offered.some((each) => compareVersions(each, version) === 0))
    throw new KvpError('ERR_CODEC_NEGOTIATE', {
      detail: `${what} version was not offered`,
      offset,
      expected: offered.map(formatVersion).join(' '),
      actual: formatVersion(version),
    });
  return version;
}

function requireAnswerHeader(ic: IcHeader, transaction: number): void {
  requireIc('transaction', wire.IC_TRANSACTION, transaction, ic.transaction);
  requireIc('flags', wire.IC_FLAGS, wire.IC_FLAGS_RESPONSE, ic.flags);
}

function requireIc(detail: string, at: number, expected: number, actual: number): void {
  if (actual === expected) return;
  throw new KvpError('ERR_CODEC_IC', { detail, offset: wire.PIPE_HEADER_BYTES + at, expected, actual });
}
