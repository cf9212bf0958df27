/**
 * What all messages between driver and daemon share: one fixed size in both directions, UTF-8 text, a status word over
 * operation and pool in answers (protocol.md 4.1 and 4.2).
 */
import {
  optionsOf,
  requireBoolean,
  requireBytes,
  requireChoice,
  requireObject,
  requireUnsigned,
} from '../arguments.js';
import { KvpError } from '../errors.js';
import * as wire from '../wire/daemon-message.js';
import { cleanOutput, type OutputOptions, readU32, writeU32 } from './bytes.js';
import type { IpInfoText } from './ip-info.js';
import { encodeUtf8 } from './text.js';
import { readString, writeField, writeFields } from './utf8-field.js';

/** Linux messages have 7,432 bytes, FreeBSD's 7,430; every field stands at the same offset. */
export type DaemonDialect = (typeof DIALECTS)[number];
const DIALECTS = ['linux', 'freebsd'] as const;

export interface DaemonOptions {
  /** Default `linux`. */
  dialect?: DaemonDialect;
}
export interface DaemonOutputOptions extends DaemonOptions, OutputOptions {}

/** @throws MisuseError for another word */
export function daemonMessageBytes(dialect: DaemonDialect = 'linux'): number {
  requireChoice('dialect', dialect, DIALECTS);
  return dialect === 'linux' ? wire.DAEMON_MESSAGE_BYTES : wire.FREEBSD_DAEMON_MESSAGE_BYTES;
}

/** The status word of an answer: {@link Status}; an open set. Throws KvpError ERR_CODEC_SHORT. */
export function readDaemonStatus(message: Uint8Array): number {
  requireDaemonBytes(message, 'freebsd');
  return readU32(message, wire.DAEMON_STATUS);
}

/** Makes a message an answer with this status; the rest stays as it is. Throws KvpError ERR_CODEC_SHORT. */
export function writeDaemonStatus(message: Uint8Array, status: number): void {
  requireUnsigned('status', status, 32);
  requireDaemonBytes(message, 'freebsd');
  writeU32(message, wire.DAEMON_STATUS, status);
}

/** A daemon's first message: Linux 100, FreeBSD and legacy Linux daemons 4. */
export function encodeRegistration(options: DaemonOutputOptions = {}): Uint8Array {
  const { dialect = 'linux', into } = optionsOf(options);
  const message = cleanOutput(daemonMessageBytes(dialect), into);
  message[wire.DAEMON_OPERATION] = dialect === 'linux' ? wire.OPERATION_REGISTER1 : wire.OPERATION_REGISTER;
  return message;
}

/** The Linux driver's reply to a registration; FreeBSD's driver sends none. `operation` repeats the daemon's. */
export function encodeRegistrationReply(
  operation: number = wire.OPERATION_REGISTER1,
  version = '3.1',
  options: OutputOptions = {},
): Uint8Array {
  const { into } = optionsOf(options);
  requireUnsigned('operation', operation, 8);
  const message = cleanOutput(daemonMessageBytes('linux'), into);
  message[wire.DAEMON_OPERATION] = operation;
  writeField(message, 'version', wire.DAEMON_VERSION, wire.DAEMON_VERSION_BYTES, encodeUtf8(version));
  return message;
}

/** The version text of a registration reply. Throws KvpError ERR_CODEC_SHORT, ERR_CODEC_NUL, ERR_CODEC_UTF8. */
export function decodeRegistrationReply(message: Uint8Array): string {
  requireDaemonBytes(message, 'linux');
  return readString(message, 'version', wire.DAEMON_VERSION, wire.DAEMON_VERSION_BYTES);
}

/** Throws ERR_CODEC_SHORT unless the message is whole. A longer one is accepted, as the Linux driver does. */
export function requireDaemonBytes(message: Uint8Array, dialect: DaemonDialect): void {
  requireBytes('message', message);
  const expected = daemonMessageBytes(dialect);
  if (message.length >= expected) return;
  throw new KvpError('ERR_CODEC_SHORT', {
    detail: 'daemon message',
    offset: message.length,
    expected,
    actual: message.length,
  });
}

const LISTS = [
  { name: 'addresses', at: wire.DAEMON_IP_ADDRESSES, bytes: wire.DAEMON_IP_LIST_BYTES },
  { name: 'subnets', at: wire.DAEMON_IP_SUBNETS, bytes: wire.DAEMON_IP_LIST_BYTES },
  { name: 'gateways', at: wire.DAEMON_IP_GATEWAYS, bytes: wire.DAEMON_IP_GATEWAY_BYTES },
  { name: 'dns', at: wire.DAEMON_IP_DNS, bytes: wire.DAEMON_IP_LIST_BYTES },
] as const;

export function readAdapterId(message: Uint8Array): string {
  return readString(message, 'adapter id', wire.DAEMON_IP_ADAPTER, wire.DAEMON_IP_ADAPTER_BYTES);
}

export function writeAdapterId(message: Uint8Array, adapterId: string): void {
  const bytes = wire.DAEMON_IP_ADAPTER_BYTES;
  writeField(message, 'adapter id', wire.DAEMON_IP_ADAPTER, bytes, encodeUtf8(adapterId));
}

/** The IP block. Throws KvpError ERR_CODEC_NUL, ERR_CODEC_UTF8. */
export function readDaemonIp(message: Uint8Array): IpInfoText {
  const lists = Object.fromEntries(LISTS.map(({ name, at, bytes }) => [name, readString(message, name, at, bytes)]));
  return {
    adapterId: readAdapterId(message),
    family: message[wire.DAEMON_IP_FAMILY]!,
    dhcp: message[wire.DAEMON_IP_DHCP] !== 0,
    ...(lists as Record<(typeof LISTS)[number]['name'], string>),
  };
}

/** Everything of the IP block but the adapter id, which an answer repeats. Throws KvpError ERR_LIMIT_LIST. */
export function writeDaemonIp(message: Uint8Array, info: Omit<IpInfoText, 'adapterId'>): void {
  requireObject('info', info);
  requireUnsigned('family', info.family, 8);
  requireBoolean('dhcp', info.dhcp);
  const lists = LISTS.map(({ name, at, bytes }) => ({ what: name, at, bytes, text: encodeUtf8(info[name]) }));
  writeFields(message, lists);
  message[wire.DAEMON_IP_FAMILY] = info.family;
  message[wire.DAEMON_IP_DHCP] = info.dhcp ? 1 : 0;
}
