/** Everything the session does with the bytes of a message, for the dialect of its profile. The codec does the work. */
import {
  answerNegotiation,
  type Codec,
  decodeUtf8,
  encodeRegistrationReply,
  encodeStatusResponse,
  encodeUtf8,
  freebsdPolicy,
  linuxPolicy,
  type NegotiationAnswer,
  type NegotiationPolicy,
  readDaemonStatus,
  type Version,
  version,
  writeDaemonStatus,
} from '../codec/index.js';
import { MisuseError } from '../errors.js';
import { DAEMON_IP_ADAPTER, DAEMON_IP_ADAPTER_BYTES, OPERATION_REGISTER } from '../wire/daemon-message.js';
import { ENUMERATE_KEY, OPERATION_ENUMERATE, OPERATION_SET_IP_INFO } from '../wire/kvp.js';
import { IC_STATUS, PIPE_HEADER_BYTES } from '../wire/payload.js';
import { Status } from '../wire/status.js';
import type { Profile } from './profile.js';
import { writeReplacedTexts } from './replacement-text.js';
import type { Request } from './state.js';

export type { Version };

/** The part of a codec that the driver uses. */
export type DriverCodec = Pick<Codec, 'hostToDaemon' | 'daemonToHost'>;

const DEFAULT_MAX_MESSAGE_VERSION = version(5);

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The status word of a response payload. */
export function statusOf(response: Uint8Array): number {
  return view(response).getUint32(PIPE_HEADER_BYTES + IC_STATUS, true);
}

export interface TranslatorOptions {
  codec: DriverCodec;
  profile: Profile;
  maxMessageVersion: Version | undefined;
  interfaceName: ((adapterId: string) => string | undefined) | undefined;
}

export class Translator {
  readonly #codec: DriverCodec;
  readonly #profile: Profile;
  readonly #policy: NegotiationPolicy;
  readonly #interfaceName: (adapterId: string) => string | undefined;

  constructor({ codec, profile, maxMessageVersion, interfaceName }: TranslatorOptions) {
    const maxMessage = maxMessageVersion ?? DEFAULT_MAX_MESSAGE_VERSION;
    this.#codec = codec;
    this.#profile = profile;
    this.#policy = profile.name === 'linux' ? linuxPolicy({ maxMessage }) : freebsdPolicy({ maxMessage });
    this.#interfaceName = interfaceName ?? (() => undefined);
  }

  /** The agreed version is not kept: every request says its own. */
  negotiate(payload: Uint8Array): NegotiationAnswer {
    return answerNegotiation(payload, this.#policy);
  }

  registrationReply(registration: number): Uint8Array {
    return encodeRegistrationReply(registration);
  }

  /** A fresh daemon message. Throws KvpError when the host's body cannot be translated. */
  toDaemon(payload: Uint8Array, operation: number): Uint8Array {
    const message = this.#codec.hostToDaemon(payload, { dialect: this.#profile.name });
    if (operation === OPERATION_SET_IP_INFO) this.#nameInterface(message);
    return message;
  }

  /** The response payload. Throws KvpError when the daemon's message cannot be translated. */
  toHost({ payload, operation }: Request, written: Uint8Array, registration: number): Uint8Array {
    const message = written.subarray(0, this.#profile.messageBytes);
    const isLegacy = registration === OPERATION_REGISTER && this.#profile.repliesToRegistration;
    const answer = isLegacy ? fromLegacyDaemon(message, operation) : message;
    const response = this.#codec.daemonToHost(payload, answer, { dialect: this.#profile.name });
    const isUnreadable = readDaemonStatus(answer) === Status.Ok && statusOf(response) !== Status.Ok;
    return isUnreadable ? withReplacedTexts(payload, operation, answer) : response;
  }

  /** FreeBSD's daemon wants the name of the interface where the host says which adapter it means (protocol.md 3.9). */
  #nameInterface(message: Uint8Array): void {
    const field = message.subarray(DAEMON_IP_ADAPTER, DAEMON_IP_ADAPTER + DAEMON_IP_ADAPTER_BYTES);
    const name = this.#interfaceName(decodeUtf8(field, 'replace'));
    if (name === undefined) return;
    const text = encodeUtf8(name);
    if (text.length >= field.length) throw new MisuseError(`the interface name ${name} is too long`);
    field.fill(0);
    field.set(text);
  }
}

function withReplacedTexts(payload: Uint8Array, operation: number, answer: Uint8Array): Uint8Array {
  const response = encodeStatusResponse(payload);
  return writeReplacedTexts(response, answer, operation) ? response : encodeStatusResponse(payload, Status.Fail);
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
