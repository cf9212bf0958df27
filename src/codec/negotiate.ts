/** Version negotiation: the first exchange on a channel, repeated whenever the host likes. Source: protocol.md 2.2 to 2.4. */
import { optionsOf, requireFunction, requireList, requireObject } from '../arguments.js';
import { KvpError, MisuseError } from '../errors.js';
import * as wire from '../wire/payload.js';
import { cleanOutput, type OutputOptions, readU16, writeU16 } from './bytes.js';
import type { Agreement, NegotiationPolicy } from './negotiation-policy.js';
import { decodePayload, readIcHeader, requireHeaders, writeHeaders } from './payload.js';
import { readVersions, requireVersion, type Version, version, writeVersion } from './version.js';

export interface VersionLists {
  frameworks: Version[];
  messages: Version[];
}

const BODY = wire.HEADERS_BYTES;
/** Fewer bytes than this hold no counts: the reference drivers leave such a body alone. */
const COUNTS_END = BODY + wire.NEGOTIATE_MESSAGE_COUNT + 2;

/**
 * A host's negotiate request: the whole payload, 36 + 4 bytes a version.
 *
 * @example
 * encodeNegotiateRequest({ frameworks: [...FRAMEWORK_VERSIONS], messages: [version(3), version(4), version(5)] })
 */
export function encodeNegotiateRequest(offer: Readonly<VersionLists>, options: OutputOptions = {}): Uint8Array {
  const { into } = optionsOf(options);
  requireOffer(offer);
  const versions = [...offer.frameworks, ...offer.messages];
  for (const { length } of [offer.frameworks, offer.messages]) {
    if (length > wire.NEGOTIATE_MAX_VERSIONS)
      throw new MisuseError(`a guest accepts at most ${wire.NEGOTIATE_MAX_VERSIONS} versions a list, not ${length}`);
  }
  const none = version(0);
  const ic = { framework: none, type: wire.IC_TYPE_NEGOTIATE, message: none, status: 0, transaction: 0 };
  const bodyBytes = wire.NEGOTIATE_VERSIONS + wire.VERSION_BYTES * versions.length;
  const output = cleanOutput(BODY + bodyBytes, into);
  writeHeaders(output, { ...ic, flags: wire.IC_FLAGS_REQUEST });
  writeU16(output, BODY + wire.NEGOTIATE_FRAMEWORK_COUNT, offer.frameworks.length);
  writeU16(output, BODY + wire.NEGOTIATE_MESSAGE_COUNT, offer.messages.length);
  versions.forEach((each, index) => {
    writeVersion(output, BODY + wire.NEGOTIATE_VERSIONS + wire.VERSION_BYTES * index, each);
  });
  return output;
}

/** Throws MisuseError unless these are two lists of versions. */
export function requireOffer(offer: Readonly<VersionLists>): void {
  requireObject('offer', offer);
  for (const which of ['frameworks', 'messages'] as const) {
    requireList(`offer.${which}`, offer[which]);
    for (const [index, each] of offer[which].entries()) requireVersion(`offer.${which}[${index}]`, each);
  }
}

/**
 * The lists of a negotiate request or answer. An answer that agrees has one version in each, a Linux refusal none.
 *
 * @throws KvpError as {@link decodePayload}; ERR_CODEC_IC when it is another type of message; ERR_CODEC_NEGOTIATE when
 *   a count is over 100 or the lists are longer than the body
 */
export function decodeNegotiate(payload: Uint8Array): VersionLists {
  const { ic, body } = decodePayload(payload);
  requireNegotiate(ic.type);
  if (body.length < wire.NEGOTIATE_VERSIONS)
    throw new KvpError('ERR_CODEC_SHORT', {
      detail: 'negotiate body',
      offset: BODY + body.length,
      expected: wire.NEGOTIATE_VERSIONS,
      actual: body.length,
    });
  const frameworks = readCount(body, wire.NEGOTIATE_FRAMEWORK_COUNT);
  const messages = readCount(body, wire.NEGOTIATE_MESSAGE_COUNT);
  const needed = wire.NEGOTIATE_VERSIONS + wire.VERSION_BYTES * (frameworks + messages);
  if (body.length < needed)
    throw new KvpError('ERR_CODEC_NEGOTIATE', {
      detail: `${frameworks} + ${messages} versions`,
      offset: BODY + body.length,
      expected: needed,
      actual: body.length,
    });
  const second = wire.NEGOTIATE_VERSIONS + wire.VERSION_BYTES * frameworks;
  return {
    frameworks: readVersions(body, wire.NEGOTIATE_VERSIONS, frameworks),
    messages: readVersions(body, second, messages),
  };
}

export interface NegotiationAnswer {
  /** A new array, as long as the request was, ring padding included. Send it whether or not there is an agreement. */
  response: Uint8Array;
  /** Absent when no version suits both sides; the host then gives up or offers again. */
  agreed?: Agreement;
}

/**
 * A guest's answer. Whatever a request of at least 28 bytes holds, it is answered; a request with an impossible pipe
 * header or with lists longer than itself is refused in the policy's own way.
 *
 * @throws KvpError ERR_CODEC_SHORT (under 28 bytes) or ERR_CODEC_IC (not a negotiate request): drop the packet
 */
export function answerNegotiation(payload: Uint8Array, policy: NegotiationPolicy): NegotiationAnswer {
  requireFunction('policy', policy);
  requireHeaders(payload);
  requireNegotiate(readIcHeader(payload).type);
  const response = new Uint8Array(payload);
  response[wire.PIPE_HEADER_BYTES + wire.IC_FLAGS] = wire.IC_FLAGS_RESPONSE;
  const agreed = policy(response, payload.length >= COUNTS_END);
  return agreed === undefined ? { response } : { response, agreed };
}

function requireNegotiate(type: number): void {
  if (type === wire.IC_TYPE_NEGOTIATE) return;
  throw new KvpError('ERR_CODEC_IC', {
    detail: 'type',
    offset: wire.PIPE_HEADER_BYTES + wire.IC_TYPE,
    expected: wire.IC_TYPE_NEGOTIATE,
    actual: type,
  });
}

function readCount(body: Uint8Array, at: number): number {
  const count = readU16(body, at);
  if (count <= wire.NEGOTIATE_MAX_VERSIONS) return count;
  throw new KvpError('ERR_CODEC_NEGOTIATE', {
    detail: 'count',
    offset: BODY + at,
    expected: `at most ${wire.NEGOTIATE_MAX_VERSIONS}`,
    actual: count,
  });
}
