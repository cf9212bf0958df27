/** Everything the session does with the bytes of a message: all of it by the codec, for one dialect and one agreed version. */
import {
  answerNegotiation,
  daemonToIpBinary,
  encodeRegistrationReply,
  freebsdPolicy,
  hasBinaryIp,
  ipBinaryToDaemon,
  linuxPolicy,
  type NegotiationPolicy,
  readDaemonStatus,
  type Version,
  version,
  writeDaemonStatus,
} from '../codec/index.js';
import { KvpError } from '../errors.js';
import { OPERATION_REGISTER } from '../wire/daemon-message.js';
import { ENUMERATE_KEY, OPERATION_ENUMERATE, OPERATION_GET_IP_INFO, OPERATION_SET_IP_INFO } from '../wire/kvp.js';
import {
  HEADERS_BYTES,
  IC_FLAGS,
  IC_FLAGS_RESPONSE,
  IC_HEADER_BYTES,
  IC_MESSAGE_MAJOR,
  IC_MESSAGE_MINOR,
  IC_SIZE,
  IC_STATUS,
  PIPE_HEADER_BYTES,
  PIPE_LENGTH,
  PIPE_TYPE,
  PIPE_TYPE_DATA,
} from '../wire/payload.js';
import { Status } from '../wire/status.js';
import type { VersionPair } from './events.js';
import type { Profile, ProfileName } from './profile.js';
import { writeReplacedTexts } from './replacement-text.js';
import type { Request } from './state.js';

export type { Version };

/** The part of a codec that the driver uses: bytes to bytes, for the dialect of the profile. */
export interface DriverCodec {
  /** Host payload → daemon message of 7,432 or 7,430 bytes. Throws a KvpError when the body is impossible. */
  hostToDaemon(payload: Uint8Array, options: { dialect: ProfileName }): Uint8Array;
  /** The host's request and the daemon's answer → response payload with status and flags. */
  daemonToHost(request: Uint8Array, answer: Uint8Array, options: { dialect: ProfileName }): Uint8Array;
}

const DEFAULT_MAX_MESSAGE_VERSION = version(5);

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The message version that a request says it is of; hosts stamp what was negotiated. */
export function messageVersionOf(payload: Uint8Array): Version {
  const header = view(payload);
  return version(
    header.getUint16(PIPE_HEADER_BYTES + IC_MESSAGE_MAJOR, true),
    header.getUint16(PIPE_HEADER_BYTES + IC_MESSAGE_MINOR, true),
  );
}

/** The status word of a response payload. */
export function statusOf(response: Uint8Array): number {
  return view(response).getUint32(PIPE_HEADER_BYTES + IC_STATUS, true);
}

/**
 * The request as its own answer with a status, which is what a guest sends when the daemon has no part in the answer
 * (protocol.md 3.8). Header sizes that point beyond the packet are mended, so that a strict host can read the status.
 */
export function refusal(request: Uint8Array, status: number): Uint8Array {
  const response = new Uint8Array(request);
  const header = view(response);
  const room = response.length - PIPE_HEADER_BYTES;
  const pipeLength = header.getUint32(PIPE_LENGTH, true);
  if (header.getUint32(PIPE_TYPE, true) !== PIPE_TYPE_DATA || pipeLength < IC_HEADER_BYTES || pipeLength > room) {
    header.setUint32(PIPE_TYPE, PIPE_TYPE_DATA, true);
    header.setUint32(PIPE_LENGTH, room, true);
  }
  const bodyRoom = header.getUint32(PIPE_LENGTH, true) - IC_HEADER_BYTES;
  if (header.getUint16(PIPE_HEADER_BYTES + IC_SIZE, true) > bodyRoom)
    header.setUint16(PIPE_HEADER_BYTES + IC_SIZE, bodyRoom, true);
  header.setUint32(PIPE_HEADER_BYTES + IC_STATUS, status, true);
  response[PIPE_HEADER_BYTES + IC_FLAGS] = IC_FLAGS_RESPONSE;
  return response;
}

export class Translator {
  readonly #codec: DriverCodec;
  readonly #profile: Profile;
  readonly #policy: NegotiationPolicy;
  /** What the last negotiation of this channel came to. */
  agreed: VersionPair | undefined;

  constructor(codec: DriverCodec, profile: Profile, maxMessage: Version = DEFAULT_MAX_MESSAGE_VERSION) {
    this.#codec = codec;
    this.#profile = profile;
    this.#policy = profile.name === 'linux' ? linuxPolicy({ maxMessage }) : freebsdPolicy({ maxMessage });
  }

  negotiate(payload: Uint8Array): Uint8Array {
    const { response, agreed } = answerNegotiation(payload, this.#policy);
    this.agreed = agreed;
    return response;
  }

  registrationReply(registration: number): Uint8Array {
    return encodeRegistrationReply(registration);
  }

  /** A fresh daemon message, or undefined when the host's body cannot be translated. */
  toDaemon(payload: Uint8Array, operation: number): Uint8Array | undefined {
    const dialect = this.#profile.name;
    return translated(() =>
      isBinaryIp(payload, operation)
        ? ipBinaryToDaemon(payload.subarray(HEADERS_BYTES), { dialect })
        : this.#codec.hostToDaemon(payload, { dialect }),
    );
  }

  /** The response payload, or undefined when the daemon's message cannot be translated. */
  toHost({ payload, operation }: Request, written: Uint8Array, registration: number): Uint8Array | undefined {
    const dialect = this.#profile.name;
    const message = written.subarray(0, this.#profile.messageBytes);
    const isLegacy = registration === OPERATION_REGISTER && this.#profile.repliesToRegistration;
    const answer = isLegacy ? fromLegacyDaemon(message, operation) : message;
    return translated(() => {
      if (isBinaryIp(payload, operation)) return this.#binaryIpToHost(payload, operation, answer);
      const response = this.#codec.daemonToHost(payload, answer, { dialect });
      const isUnreadable = readDaemonStatus(answer) === Status.Ok && statusOf(response) !== Status.Ok;
      return isUnreadable ? withReplacedTexts(payload, operation, answer) : response;
    });
  }

  #binaryIpToHost(payload: Uint8Array, operation: number, answer: Uint8Array): Uint8Array {
    const status = readDaemonStatus(answer);
    const response = refusal(payload, status);
    if (status !== Status.Ok || operation !== OPERATION_GET_IP_INFO) return response;
    const body = daemonToIpBinary(payload.subarray(HEADERS_BYTES), answer, { dialect: this.#profile.name });
    response.set(body.subarray(0, response.length - HEADERS_BYTES), HEADERS_BYTES);
    return response;
  }
}

/** Version 5.0 sends addresses as numbers; the device knows only texts (protocol.md 3.6). */
const isBinaryIp = (payload: Uint8Array, operation: number): boolean =>
  (operation === OPERATION_GET_IP_INFO || operation === OPERATION_SET_IP_INFO) &&
  hasBinaryIp(messageVersionOf(payload));

function withReplacedTexts(payload: Uint8Array, operation: number, answer: Uint8Array): Uint8Array {
  const response = refusal(payload, Status.Ok);
  return writeReplacedTexts(response, answer, operation) ? response : refusal(payload, Status.Fail);
}

/**
 * A legacy Linux daemon knows no status word and leaves operation and pool there; all it can say is an empty key for
 * "no more items" (protocol.md 4.2). Only an ENUMERATE answer has that key.
 */
function fromLegacyDaemon(message: Uint8Array, operation: number): Uint8Array {
  // Not slice(): a Buffer's would still be the daemon's bytes.
  const copy = new Uint8Array(message);
  const ended = operation === OPERATION_ENUMERATE && copy[ENUMERATE_KEY] === 0;
  writeDaemonStatus(copy, ended ? Status.NoMoreItems : Status.Ok);
  return copy;
}

function translated(work: () => Uint8Array): Uint8Array | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof KvpError) return undefined;
    throw error;
  }
}
