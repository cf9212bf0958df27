/** Whole KVP payloads: a host's requests and a guest's answers (protocol.md 3). */
import { optionsOf, requireObject, requireUnsigned } from '../arguments.js';
import * as wire from '../wire/payload.js';
import { Status } from '../wire/status.js';
import { cleanOutput, type OutputOptions, outputRoom, writeU32 } from './bytes.js';
import { encodeKvp, type KvpEncodeOptions, type KvpMessageInput, kvpBytesOf } from './kvp.js';
import { requireHeaders, writeHeaders } from './payload.js';
import { DEFAULT_FRAMEWORK, DEFAULT_MESSAGE_VERSION, type Version } from './version.js';

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
  options: OutputOptions = {},
): Uint8Array {
  const { into } = optionsOf(options);
  requireUnsigned('status', status, 32);
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
  requireObject('options', options);
  const { framework = DEFAULT_FRAMEWORK, version = DEFAULT_MESSAGE_VERSION, transaction = 0, status, flags } = options;
  const output = cleanOutput(wire.HEADERS_BYTES + kvpBytesOf(message), options.into);
  // The body first: a text over its limit must leave nothing behind that could be sent.
  encodeKvp(message, { ...options, into: output.subarray(wire.HEADERS_BYTES) });
  writeHeaders(output, { framework, type: wire.IC_TYPE_KVP, message: version, status, transaction, flags });
  return output;
}
