/**
 * The bytes of netlink(7): requests, datagrams of messages, and dumps, which come in several datagrams. Everything is in
 * the machine's own order. No datagram makes the reading fail: what is cut off or impossible ends it.
 */
import { endianness } from 'node:os';
import { KvpError } from '../errors.js';

export const NLM_F_REQUEST = 0x001;
export const NLM_F_ACK = 0x004;
export const NLM_F_DUMP = 0x300;
const NLM_F_DUMP_INTR = 0x10;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const HEADER_BYTES = 16;

export const littleEndian = endianness() === 'LE';
export const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export interface NetlinkMessage {
  type: number;
  /** What follows the 16-byte header. */
  body: Uint8Array;
}

interface WholeMessage extends NetlinkMessage {
  flags: number;
  sequence: number;
}

export function requestMessage(type: number, flags: number, sequence: number, body: Uint8Array): Uint8Array {
  const message = new Uint8Array(HEADER_BYTES + body.length);
  const view = viewOf(message);
  view.setUint32(0, message.length, littleEndian);
  view.setUint16(4, type, littleEndian);
  view.setUint16(6, flags, littleEndian);
  view.setUint32(8, sequence, littleEndian);
  message.set(body, HEADER_BYTES);
  return message;
}

/** Its messages one after the other; bodies are views of the datagram. */
export function* messagesOf(datagram: Uint8Array): Generator<WholeMessage> {
  const view = viewOf(datagram);
  for (let at = 0; at + HEADER_BYTES <= datagram.length; ) {
    const length = view.getUint32(at, littleEndian);
    if (length < HEADER_BYTES || at + length > datagram.length) return;
    yield {
      type: view.getUint16(at + 4, littleEndian),
      flags: view.getUint16(at + 6, littleEndian),
      sequence: view.getUint32(at + 8, littleEndian),
      body: datagram.subarray(at + HEADER_BYTES, at + length),
    };
    at += (length + 3) & ~3;
  }
}

/** The error number in the acknowledgement of the request with this number, 0 for none; undefined when it is not there. */
export function acknowledgement(datagram: Uint8Array, sequence: number): number | undefined {
  for (const message of messagesOf(datagram))
    if (message.type === NLMSG_ERROR && message.sequence === sequence) return errorNumber(message);
  return undefined;
}

/** The answer to one dump request, put together. */
export class Dump {
  readonly messages: NetlinkMessage[] = [];
  /** The tables changed under the dump, which may have left entries out. */
  interrupted = false;
  readonly #sequence: number;
  readonly #keep: (message: NetlinkMessage) => boolean;

  /** `keep` chooses what is copied into `messages`: of large tables most is never wanted. */
  constructor(sequence: number, keep: (message: NetlinkMessage) => boolean) {
    this.#sequence = sequence;
    this.#keep = keep;
  }

  /** True when the dump has ended with this datagram. Throws ERR_OS_UNAVAILABLE when the kernel says that it failed. */
  take(datagram: Uint8Array): boolean {
    for (const message of messagesOf(datagram)) {
      if (message.sequence !== this.#sequence) continue;
      if ((message.flags & NLM_F_DUMP_INTR) !== 0) this.interrupted = true;
      if (message.type === NLMSG_DONE || message.type === NLMSG_ERROR) {
        const error = errorNumber(message);
        if (message.type === NLMSG_DONE && error === 0) return true;
        throw new KvpError('ERR_OS_UNAVAILABLE', { detail: 'a netlink dump', actual: `errno ${error}` });
      }
      const { type, body } = message;
      if (this.#keep(message)) this.messages.push({ type, body: body.slice() });
    }
    return false;
  }
}

/** DONE and ERROR messages begin with it, negative. A DONE without it is a success. */
function errorNumber({ body }: NetlinkMessage): number {
  return body.length < 4 ? 0 : -viewOf(body).getInt32(0, littleEndian);
}
