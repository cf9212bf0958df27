/** The IP block of message version 5.0: counted arrays of addresses, from offset 4 of the message (protocol.md 3.6). */
import { optionsOf, requireBytes, requireChoice } from '../arguments.js';
import { KvpError } from '../errors.js';
import * as wire from '../wire/ip.js';
import { outputRoom, readU16, readU32, writeU16, writeU32 } from './bytes.js';
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from './ip-address.js';
import { type IpInfo, type IpInfoInput, toIpInfo } from './ip-info.js';
import type { IpBlockOptions } from './ip-string.js';
import { ADAPTER_ID_LIMIT } from './limits.js';
import type { Remarks } from './remarks.js';
import { TEXT_POLICIES, type TextPolicy, utf16End } from './text.js';
import { readText, writeText } from './text-field.js';

/** One list of addresses in both families: where the counts and the arrays stand, and how many each array holds. */
interface AddressArrays {
  what: string;
  max: number;
  count4: number;
  count6: number;
  at4: number;
  at6: number;
}

const ADDRESSES: AddressArrays = {
  what: 'addresses',
  max: wire.IP_MAX_ADDRESSES,
  count4: wire.IP_BINARY_COUNT_ADDRESS4,
  count6: wire.IP_BINARY_COUNT_ADDRESS6,
  at4: wire.IP_BINARY_ADDRESS4,
  at6: wire.IP_BINARY_ADDRESS6,
};
const GATEWAYS: AddressArrays = {
  what: 'gateways',
  max: wire.IP_MAX_GATEWAYS,
  count4: wire.IP_BINARY_COUNT_GATEWAY4,
  count6: wire.IP_BINARY_COUNT_GATEWAY6,
  at4: wire.IP_BINARY_GATEWAY4,
  at6: wire.IP_BINARY_GATEWAY6,
};
const DNS: AddressArrays = {
  what: 'DNS servers',
  max: wire.IP_MAX_DNS,
  count4: wire.IP_BINARY_COUNT_DNS4,
  count6: wire.IP_BINARY_COUNT_DNS6,
  at4: wire.IP_BINARY_DNS4,
  at6: wire.IP_BINARY_DNS6,
};

const BOTH_FAMILIES = wire.FAMILY_IPV4 | wire.FAMILY_IPV6;
const PREFIX_BYTES = 4;
const ORIGIN_BYTES = 2;
const MAX_PREFIX = 128;
const ADAPTER_BYTES = 2 * wire.ADAPTER_ID_UNITS;
const HEADER_END = wire.IP_BINARY_COUNT_ADDRESS4;

interface Entry {
  address: Uint8Array;
  subnet: string | undefined;
  origin: number;
}

/**
 * Writes the block into a 7,428-byte message; its first four bytes (operation, pool, padding) are left alone.
 * IPv4 addresses come before IPv6 ones. Without `origins` every address is "other" under
 * DHCP, else "static"; with fewer of them than addresses the rest is "unknown".
 *
 * @throws KvpError ERR_CODEC_IP (not an address, mask or prefix; fewer or more subnets than addresses), ERR_LIMIT_LIST
 *   (over 64 addresses or DNS servers or 5 gateways of one family; `expected` and `actual` say by how much)
 */
export function encodeIpBinary(input: IpInfoInput, options: IpBlockOptions = {}): Uint8Array {
  const { into, text = 'strict' } = optionsOf(options);
  const message = outputRoom(wire.IP_MESSAGE_BYTES, into);
  message.fill(0, HEADER_END);
  const info = toIpInfo(input);
  writeText(message, wire.IP_BINARY_ADAPTER, info.adapterId, ADAPTER_ID_LIMIT, text);
  message[wire.IP_BINARY_FAMILY] = info.family;
  message[wire.IP_BINARY_DHCP] = info.dhcp ? 1 : 0;
  const [first, second] = writeArrays(message, ADDRESSES, entriesOf(info));
  first.forEach(({ subnet }, index) => {
    message.set(parseMask(subnet), wire.IP_BINARY_MASK4 + index * wire.IPV4_BYTES);
  });
  second.forEach(({ subnet }, index) => {
    writeU32(message, wire.IP_BINARY_PREFIX6 + index * PREFIX_BYTES, parsePrefix(subnet));
  });
  [...first, ...second].forEach(({ origin }, index) => {
    writeU16(message, wire.IP_BINARY_ORIGINS + index * ORIGIN_BYTES, origin);
  });
  for (const [arrays, list] of [[GATEWAYS, info.gateways] as const, [DNS, info.dns] as const])
    writeArrays(
      message,
      arrays,
      list.map((item) => entryOf(arrays.what, item)),
    );
  return message;
}

/**
 * Reads the block of a message of at least 3,716 bytes. IPv6 subnets come out as bare numbers ("64"), which is what
 * Linux guests understand.
 *
 * @throws KvpError ERR_CODEC_SHORT, ERR_CODEC_IP (a count beyond its array, a prefix over 128), ERR_CODEC_NUL, ERR_CODEC_UTF16
 */
export function decodeIpBinary(message: Uint8Array, options: IpBlockOptions = {}): IpInfo {
  const { text = 'strict' } = optionsOf(options);
  return readIpBinary(message, text);
}

/** {@link decodeIpBinary}; with `remarks` it takes what hosts take from a guest, and says what was odd about it. */
export function readIpBinary(message: Uint8Array, text: TextPolicy, remarks?: Remarks): IpInfo {
  requireBytes('message', message);
  requireChoice('text', text, TEXT_POLICIES);
  if (message.length < wire.IP_BINARY_END)
    throw new KvpError('ERR_CODEC_SHORT', {
      detail: 'binary IP block',
      offset: message.length,
      expected: wire.IP_BINARY_END,
      actual: message.length,
    });
  const count4 = readCount(message, ADDRESSES, ADDRESSES.count4);
  const count6 = readCount(message, ADDRESSES, ADDRESSES.count6);
  const masks = slices(message, wire.IP_BINARY_MASK4, wire.IPV4_BYTES, count4);
  const prefixes = numbers(message, wire.IP_BINARY_PREFIX6, PREFIX_BYTES, count6, readU32);
  const family = message[wire.IP_BINARY_FAMILY]!;
  const origins = numbers(message, wire.IP_BINARY_ORIGINS, ORIGIN_BYTES, count4 + count6, readU16);
  if (remarks === undefined) prefixes.forEach(requirePrefix);
  else remarkBlock(message, { masks, prefixes, origins }, remarks);
  return {
    // Nobody reads the adapter of an answer: it is the one that was asked for.
    adapterId: readText(message, 'adapter id', wire.IP_BINARY_ADAPTER, ADAPTER_BYTES, remarks ? 'replace' : text),
    // Hosts take a family that they do not know for none; its bits say nothing then.
    family: remarks !== undefined && family > BOTH_FAMILIES ? wire.FAMILY_NONE : family,
    dhcp: message[wire.IP_BINARY_DHCP] !== 0,
    addresses: readArrays(message, ADDRESSES),
    subnets: [...masks.map(formatIpv4), ...prefixes.map(String)],
    gateways: readArrays(message, GATEWAYS),
    dns: readArrays(message, DNS),
    origins,
  };
}

/** What no guest should say of an adapter, and hosts take. */
function remarkBlock(
  message: Uint8Array,
  { masks, prefixes, origins }: { masks: Uint8Array[]; prefixes: number[]; origins: number[] },
  remarks: Remarks,
): void {
  const adapter = message.subarray(wire.IP_BINARY_ADAPTER, wire.IP_BINARY_ADAPTER + ADAPTER_BYTES);
  if (utf16End(adapter) === ADAPTER_BYTES)
    remarks.add('adapter id', wire.IP_BINARY_ADAPTER, 'a text that ends with NUL', `${ADAPTER_BYTES / 2} units`);
  const byte = (what: string, at: number, most: number): void => {
    if (message[at]! > most) remarks.add(what, at, `at most ${most}`, message[at]!);
  };
  byte('address family', wire.IP_BINARY_FAMILY, BOTH_FAMILIES);
  byte('DHCP', wire.IP_BINARY_DHCP, 1);
  remarks.expect('padding', wire.IP_BINARY_DHCP + 1, 0, readU16(message, wire.IP_BINARY_DHCP + 1));
  for (const [index, mask] of masks.entries())
    if (!isContiguous(mask))
      remarks.add('mask', wire.IP_BINARY_MASK4 + index * wire.IPV4_BYTES, 'ones, then zeros', formatIpv4(mask));
  for (const [index, prefix] of prefixes.entries())
    if (prefix > MAX_PREFIX)
      remarks.add('IPv6 prefix', wire.IP_BINARY_PREFIX6 + index * PREFIX_BYTES, `at most ${MAX_PREFIX}`, prefix);
  for (const [index, origin] of origins.entries())
    if (origin > wire.ORIGIN_STATIC)
      remarks.add('origin', wire.IP_BINARY_ORIGINS + index * ORIGIN_BYTES, `at most ${wire.ORIGIN_STATIC}`, origin);
}

/** Are all ones of a mask before all zeros? */
function isContiguous(mask: Uint8Array): boolean {
  const zeros = ~mask.reduce((bits, byte) => (bits << 8) | byte, 0);
  return (zeros & (zeros + 1)) === 0;
}

function entriesOf(info: IpInfo): Entry[] {
  if (info.subnets.length !== info.addresses.length)
    throw new KvpError('ERR_CODEC_IP', {
      detail: 'subnets do not match addresses',
      expected: info.addresses.length,
      actual: info.subnets.length,
    });
  const usual = info.dhcp ? wire.ORIGIN_OTHER : wire.ORIGIN_STATIC;
  const origins = info.origins ?? info.addresses.map(() => usual);
  return info.addresses.map((address, index) =>
    entryOf(ADDRESSES.what, address, info.subnets[index], origins[index] ?? wire.ORIGIN_UNKNOWN),
  );
}

function entryOf(what: string, text: string, subnet?: string, origin = wire.ORIGIN_UNKNOWN as number): Entry {
  const address = parseIpv4(text) ?? parseIpv6(text);
  if (address === undefined)
    throw new KvpError('ERR_CODEC_IP', { detail: what, expected: 'an IPv4 or IPv6 address', actual: text });
  return { address, subnet, origin };
}

/** Writes counts and both arrays; returns the entries by family, IPv4 first. */
function writeArrays(message: Uint8Array, arrays: AddressArrays, entries: Entry[]): [Entry[], Entry[]] {
  const first = entries.filter(({ address }) => address.length === wire.IPV4_BYTES);
  const second = entries.filter(({ address }) => address.length === wire.IPV6_BYTES);
  for (const { length } of [first, second]) {
    if (length > arrays.max)
      throw new KvpError('ERR_LIMIT_LIST', {
        detail: `${arrays.what} of one family, ${length - arrays.max} too many`,
        expected: `at most ${arrays.max}`,
        actual: length,
      });
  }
  writeU32(message, arrays.count4, first.length);
  writeU32(message, arrays.count6, second.length);
  for (const [index, { address }] of first.entries()) message.set(address, arrays.at4 + index * wire.IPV4_BYTES);
  for (const [index, { address }] of second.entries()) message.set(address, arrays.at6 + index * wire.IPV6_BYTES);
  return [first, second];
}

function readArrays(message: Uint8Array, arrays: AddressArrays): string[] {
  const first = slices(message, arrays.at4, wire.IPV4_BYTES, readCount(message, arrays, arrays.count4));
  const second = slices(message, arrays.at6, wire.IPV6_BYTES, readCount(message, arrays, arrays.count6));
  return [...first.map(formatIpv4), ...second.map(formatIpv6)];
}

function readCount(message: Uint8Array, { what, max }: AddressArrays, at: number): number {
  const count = readU32(message, at);
  if (count <= max) return count;
  throw new KvpError('ERR_CODEC_IP', {
    detail: `count of ${what}`,
    offset: at,
    expected: `at most ${max}`,
    actual: count,
  });
}

const slices = (message: Uint8Array, at: number, bytes: number, count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => message.subarray(at + index * bytes, at + (index + 1) * bytes));

const numbers = (
  message: Uint8Array,
  at: number,
  bytes: number,
  count: number,
  read: (message: Uint8Array, at: number) => number,
): number[] => Array.from({ length: count }, (_, index) => read(message, at + index * bytes));

function parseMask(text = ''): Uint8Array {
  const mask = parseIpv4(text);
  if (mask === undefined)
    throw new KvpError('ERR_CODEC_IP', { detail: 'subnet', expected: 'an IPv4 mask', actual: text });
  return mask;
}

/** "64" as hosts and Linux daemons read it, "/64" as Linux daemons write it. */
function parsePrefix(text = ''): number {
  const prefix = /^\/?\d{1,3}$/.test(text) ? Number(text.replace('/', '')) : MAX_PREFIX + 1;
  if (prefix > MAX_PREFIX)
    throw new KvpError('ERR_CODEC_IP', { detail: 'subnet', expected: 'an IPv6 prefix, 0 to 128', actual: text });
  return prefix;
}

function requirePrefix(prefix: number, index: number): void {
  if (prefix <= MAX_PREFIX) return;
  throw new KvpError('ERR_CODEC_IP', {
    detail: 'IPv6 prefix',
    offset: wire.IP_BINARY_PREFIX6 + index * PREFIX_BYTES,
    expected: `at most ${MAX_PREFIX}`,
    actual: prefix,
  });
}
