/**
 * The payload of a ring packet: pipe header, integration component (IC) header, body. Source: protocol.md 1.9 and 2.1.
 */
import { optionsOf, requireBytes, requireObject, requireUnsigned } from '../arguments.js';
import { KvpError, MisuseError } from '../errors.js';
import * as wire from '../wire/payload.js';
import { cleanOutput, type OutputOptions, readU16, readU32, writeU16, writeU32 } from './bytes.js';
import { readVersion, requireVersion, type Version, writeVersion } from './version.js';

export interface IcHeader {
  /** 0.0 in a negotiate request, the negotiated framework afterwards. */
  framework: Version;
  /** {@link IcType}; an open set. */
  type: number;
  /** 0.0 in a negotiate request, the negotiated message version afterwards. */
  message: Version;
  /** Bytes of the body. */
  size: number;
  /** 0 in requests, else {@link Status}; an open set. */
  status: number;
  /** Chosen by the requester, echoed by the responder. Hosts send 0. */
  transaction: number;
  /** 3 in requests, 5 in answers. */
  flags: number;
}

export interface Payload {
  pipe: { type: number; length: number };
  ic: IcHeader;
  /** The IC body, exactly `ic.size` bytes: a view of the payload, valid as long as that is. */
  body: Uint8Array;
}

const IC = wire.PIPE_HEADER_BYTES;

/** The IC header of a payload of at least 28 bytes, unchecked. */
export const readIcHeader = (payload: Uint8Array): IcHeader => ({
  framework: readVersion(payload, IC + wire.IC_FRAMEWORK_MAJOR),
  type: readU16(payload, IC + wire.IC_TYPE),
  message: readVersion(payload, IC + wire.IC_MESSAGE_MAJOR),
  size: readU16(payload, IC + wire.IC_SIZE),
  status: readU32(payload, IC + wire.IC_STATUS),
  transaction: payload[IC + wire.IC_TRANSACTION]!,
  flags: payload[IC + wire.IC_FLAGS]!,
});

/** Whether pipe type and length are possible for this payload, which may end in padding. */
export function isPipeSound(payload: Uint8Array): boolean {
  const length = readU32(payload, wire.PIPE_LENGTH);
  return (
    readU32(payload, wire.PIPE_TYPE) === wire.PIPE_TYPE_DATA &&
    length >= wire.IC_HEADER_BYTES &&
    length <= payload.length - wire.PIPE_HEADER_BYTES
  );
}

/** Throws ERR_CODEC_SHORT unless both headers are there. */
export function requireHeaders(payload: Uint8Array): void {
  requireBytes('payload', payload);
  if (payload.length >= wire.HEADERS_BYTES) return;
  throw new KvpError('ERR_CODEC_SHORT', {
    detail: 'pipe and IC header',
    offset: payload.length,
    expected: wire.HEADERS_BYTES,
    actual: payload.length,
  });
}

/**
 * Takes a payload apart. The payload may be longer than the message: rings pad to 8 bytes.
 *
 * @throws KvpError ERR_CODEC_SHORT (under 28 bytes), ERR_CODEC_PIPE (type not 1, length outside the payload),
 *   ERR_CODEC_IC (size beyond the pipe length)
 */
export function decodePayload(payload: Uint8Array): Payload {
  requireHeaders(payload);
  const pipe = { type: readU32(payload, wire.PIPE_TYPE), length: readU32(payload, wire.PIPE_LENGTH) };
  if (pipe.type !== wire.PIPE_TYPE_DATA)
    throw new KvpError('ERR_CODEC_PIPE', {
      detail: 'type',
      offset: wire.PIPE_TYPE,
      expected: wire.PIPE_TYPE_DATA,
      actual: pipe.type,
    });
  if (!isPipeSound(payload))
    throw new KvpError('ERR_CODEC_PIPE', {
      detail: 'length',
      offset: wire.PIPE_LENGTH,
      expected: `${wire.IC_HEADER_BYTES} to ${payload.length - wire.PIPE_HEADER_BYTES}`,
      actual: pipe.length,
    });
  const ic = readIcHeader(payload);
  if (ic.size > pipe.length - wire.IC_HEADER_BYTES)
    throw new KvpError('ERR_CODEC_IC', {
      detail: 'size',
      offset: IC + wire.IC_SIZE,
      expected: `at most ${pipe.length - wire.IC_HEADER_BYTES}`,
      actual: ic.size,
    });
  return { pipe, ic, body: payload.subarray(wire.HEADERS_BYTES, wire.HEADERS_BYTES + ic.size) };
}

/** Puts both headers before a body: 28 + body bytes, without ring padding. Throws MisuseError for a body over 65,535 bytes or a number too large. */
export function encodePayload(ic: Omit<IcHeader, 'size'>, body: Uint8Array, options: OutputOptions = {}): Uint8Array {
  const { into } = optionsOf(options);
  requireBytes('body', body);
  const output = cleanOutput(wire.HEADERS_BYTES + body.length, into);
  output.set(body, wire.HEADERS_BYTES);
  writeHeaders(output, ic);
  return output;
}

/** Writes both headers over the first 28 bytes of a payload; the rest of it is the body. */
export function writeHeaders(payload: Uint8Array, ic: Omit<IcHeader, 'size'>): void {
  const bodyBytes = payload.length - wire.HEADERS_BYTES;
  if (bodyBytes > 0xffff) throw new MisuseError(`an IC body holds at most 65535 bytes, not ${bodyBytes}`);
  requireObject('ic', ic);
  requireVersion('framework', ic.framework);
  requireVersion('message', ic.message);
  requireUnsigned('type', ic.type, 16);
  requireUnsigned('status', ic.status, 32);
  requireUnsigned('transaction', ic.transaction, 8);
  requireUnsigned('flags', ic.flags, 8);
  writeU32(payload, wire.PIPE_TYPE, wire.PIPE_TYPE_DATA);
  writeU32(payload, wire.PIPE_LENGTH, wire.IC_HEADER_BYTES + bodyBytes);
  writeVersion(payload, IC + wire.IC_FRAMEWORK_MAJOR, ic.framework);
  writeU16(payload, IC + wire.IC_TYPE, ic.type);
  writeVersion(payload, IC + wire.IC_MESSAGE_MAJOR, ic.message);
  writeU16(payload, IC + wire.IC_SIZE, bodyBytes);
  writeU32(payload, IC + wire.IC_STATUS, ic.status);
  payload[IC + wire.IC_TRANSACTION] = ic.transaction;
  payload[IC + wire.IC_FLAGS] = ic.flags;
}
