/** The IP block of message versions up to 4.0: five UTF-16 texts, from offset 2 of the message (protocol.md 3.5). */
import { optionsOf, requireBytes } from '../arguments.js';
import * as wire from '../wire/ip.js';
import { type OutputOptions, outputRoom } from './bytes.js';
import { type IpInfo, type IpInfoInput, type IpInfoText, toIpInfo, toIpInfoText } from './ip-info.js';
import { ipTextLimit } from './limits.js';
import type { TextPolicy } from './text.js';
import { readText, writeText } from './text-field.js';

export interface IpBlockOptions extends OutputOptions {
  /** Default `strict`. */
  text?: TextPolicy;
}

const LISTS = [
  { name: 'addresses', at: wire.IP_STRING_ADDRESSES, units: wire.IP_LIST_UNITS },
  { name: 'subnets', at: wire.IP_STRING_SUBNETS, units: wire.IP_LIST_UNITS },
  { name: 'gateways', at: wire.IP_STRING_GATEWAYS, units: wire.GATEWAY_LIST_UNITS },
  { name: 'dns', at: wire.IP_STRING_DNS, units: wire.IP_LIST_UNITS },
] as const;

/**
 * Writes the block behind operation and pool of a 7,428-byte message; those two bytes of `into` are left alone. Under
 * `linux` a text may fill its field without a NUL, as that driver's do.
 *
 * @throws KvpError ERR_LIMIT_LIST, ERR_CODEC_UTF16
 */
export function encodeIpString(info: IpInfoInput, options: IpBlockOptions = {}): Uint8Array {
  const { into, text = 'strict' } = optionsOf(options);
  const message = outputRoom(wire.IP_MESSAGE_BYTES, into);
  const lists = toIpInfoText(info);
  message.fill(0, wire.IP_STRING_ADAPTER);
  const limitOf = (what: string, units: number) => ipTextLimit(what, units, text === 'linux' ? 0 : 1);
  const adapterLimit = limitOf('adapter id', wire.ADAPTER_ID_UNITS);
  writeText(message, wire.IP_STRING_ADAPTER, info.adapterId, adapterLimit, text);
  message[wire.IP_STRING_FAMILY] = info.family;
  message[wire.IP_STRING_DHCP] = info.dhcp ? 1 : 0;
  for (const { name, at, units } of LISTS) writeText(message, at, lists[name], limitOf(name, units), text);
  return message;
}

/**
 * Reads the block of a whole message. A message that ends early (a GET_IP_INFO request may) has empty texts there.
 *
 * @throws KvpError ERR_CODEC_NUL (a full field without one, under `strict`), ERR_CODEC_UTF16
 */
export function decodeIpString(message: Uint8Array, options: IpBlockOptions = {}): IpInfo {
  const { text = 'strict' } = optionsOf(options);
  return toIpInfo(decodeIpStringText(message, { text }));
}

/** {@link decodeIpString} with the lists as the texts they are. */
export function decodeIpStringText(message: Uint8Array, options: IpBlockOptions = {}): IpInfoText {
  const { text = 'strict' } = optionsOf(options);
  requireBytes('message', message);
  const whole = message.length < wire.IP_MESSAGE_BYTES ? padded(message) : message;
  const read = (what: string, at: number, units: number) => readText(whole, what, at, 2 * units, text);
  const lists = Object.fromEntries(LISTS.map(({ name, at, units }) => [name, read(name, at, units)]));
  return {
    adapterId: read('adapter id', wire.IP_STRING_ADAPTER, wire.ADAPTER_ID_UNITS),
    family: whole[wire.IP_STRING_FAMILY]!,
    dhcp: whole[wire.IP_STRING_DHCP] !== 0,
    ...(lists as Record<(typeof LISTS)[number]['name'], string>),
  };
}

function padded(message: Uint8Array): Uint8Array {
  const whole = new Uint8Array(wire.IP_MESSAGE_BYTES);
  whole.set(message);
  return whole;
}
