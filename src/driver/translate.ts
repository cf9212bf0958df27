/** Everything the session does with the bytes of a message: all of it by the codec, for one dialect and one agreed version. */
import { answerNegotiation, freebsdPolicy, linuxPolicy, type NegotiationPolicy, type Version } from '../codec/index.js';
import { KvpError } from '../errors.js';
import { DAEMON_OPERATION, DAEMON_STATUS, DAEMON_VERSION, OPERATION_REGISTER } from '../wire/daemon-message.js';
import { ENUMERATE_KEY, OPERATION_ENUMERATE } from '../wire/kvp.js';
import {
  IC_FLAGS,
  IC_FLAGS_RESPONSE,
  IC_HEADER_BYTES,
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
import type { Request } from './state.js';

export type { Version };

/** The part of a codec that the driver uses: bytes to bytes, for the dialect of the profile. */
export interface DriverCodec {
  /** Host payload → daemon message of 7,432 or 7,430 bytes. Throws a KvpError when the body is impossible. */
  hostToDaemon(payload: Uint8Array, options: { dialect: ProfileName }): Uint8Array;
  /** The host's request and the daemon's answer → response payload with status and flags. */
  daemonToHost(request: Uint8Array, answer: Uint8Array, options: { dialect: ProfileName }): Uint8Array;
}

const DEFAULT_MAX_MESSAGE_VERSION: Version = { major: 5, minor: 0 };
/** From this major version on, operations 4 and 5 carry the binary IP block between host and driver. */
const BINARY_IP_MAJOR = 5;

/** "3.1": what every Linux driver says to a registration, whatever its version (protocol.md 4.2). */
const REGISTRATION_VERSION = [0x33, 0x2e, 0x31];

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

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

  get binaryIp(): boolean {
    return (this.agreed?.message.major ?? 0) >= BINARY_IP_MAJOR;
  }

  negotiate(payload: Uint8Array): Uint8Array {
    const { response, agreed } = answerNegotiation(payload, this.#policy);
    this.agreed = agreed;
    return response;
  }

  registrationReply(registration: number): Uint8Array {
    const reply = new Uint8Array(this.#profile.messageBytes);
    reply[DAEMON_OPERATION] = registration;
    reply.set(REGISTRATION_VERSION, DAEMON_VERSION);
    return reply;
  }

  /** A fresh daemon message, or undefined when the host's body cannot be translated. */
  toDaemon(payload: Uint8Array): Uint8Array | undefined {
    return translated(() => this.#codec.hostToDaemon(payload, { dialect: this.#profile.name }));
  }

  /** The response payload, or undefined when the daemon's message cannot be translated. */
  toHost({ payload, operation }: Request, answer: Uint8Array, registration: number): Uint8Array | undefined {
    const message = answer.subarray(0, this.#profile.messageBytes);
    const read =
      registration === OPERATION_REGISTER && this.#profile.repliesToRegistration
        ? fromLegacyDaemon(message, operation)
        : message;
    return translated(() => this.#codec.daemonToHost(payload, read, { dialect: this.#profile.name }));
  }
}

/**
 * A legacy Linux daemon knows no status word and leaves operation and pool there; all it can say is an empty key for
 * "no more items" (protocol.md 4.2). Only an ENUMERATE answer has that key.
 */
function fromLegacyDaemon(message: Uint8Array, operation: number): Uint8Array {
  const copy = new Uint8Array(message);
  const ended = operation === OPERATION_ENUMERATE && copy[ENUMERATE_KEY] === 0;
  view(copy).setUint32(DAEMON_STATUS, ended ? Status.NoMoreItems : Status.Ok, true);
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
