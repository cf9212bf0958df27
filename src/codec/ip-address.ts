/** IPv4 and IPv6 addresses as text and as bytes in network order. IPv6 goes through the platform's own URL parser. */
import { requireBytes, requireText, wrong } from '../arguments.js';
import { IPV4_BYTES, IPV6_BYTES } from '../wire/ip.js';

const IPV4 = /^(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;
/** Longest text of an IPv6 address, with an embedded IPv4 one. */
const IPV6_TEXT = /^[0-9a-f:.]{2,45}$/i;

/** Four bytes, or undefined when it is not a dotted quad. */
export function parseIpv4(text: string): Uint8Array | undefined {
  requireText('address', text);
  return IPV4.test(text) ? Uint8Array.from(text.split('.'), Number) : undefined;
}

export function formatIpv4(bytes: Uint8Array): string {
  requireAddress(bytes, IPV4_BYTES);
  return bytes.subarray(0, IPV4_BYTES).join('.');
}

/** Sixteen bytes, or undefined when it is not an IPv6 address. A zone ("%eth0") makes it none. */
export function parseIpv6(text: string): Uint8Array | undefined {
  requireText('address', text);
  if (!text.includes(':') || !IPV6_TEXT.test(text)) return undefined;
  const canonical = canonicalIpv6(text);
  if (canonical === undefined) return undefined;
  const [head = '', tail] = canonical.split('::');
  const front = groupsOf(head);
  const back = groupsOf(tail ?? '');
  const groups = [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
  return Uint8Array.from(groups.flatMap((group) => [group >>> 8, group & 0xff]));
}

/** RFC 5952: lower case, the longest run of zeros as "::"; an IPv4-mapped address ends in a dotted quad. */
export function formatIpv6(bytes: Uint8Array): string {
  requireAddress(bytes, IPV6_BYTES);
  if (isMapped(bytes)) return `::ffff:${formatIpv4(bytes.subarray(IPV6_BYTES - IPV4_BYTES))}`;
  const groups: string[] = [];
  for (let at = 0; at < IPV6_BYTES; at += 2) groups.push(((bytes[at]! << 8) | bytes[at + 1]!).toString(16));
  return canonicalIpv6(groups.join(':'))!;
}

/** ::ffff:0:0/96: an IPv4 address in the clothes of an IPv6 one (RFC 4291 section 2.5.5.2). */
function isMapped(bytes: Uint8Array): boolean {
  const end = IPV6_BYTES - IPV4_BYTES;
  return bytes.subarray(0, end - 2).every((byte) => byte === 0) && bytes[end - 2] === 0xff && bytes[end - 1] === 0xff;
}

function requireAddress(bytes: Uint8Array, length: number): void {
  requireBytes('address', bytes);
  if (bytes.length < length) throw wrong('address', `at least ${length} bytes`, bytes.length);
}

function canonicalIpv6(text: string): string | undefined {
  try {
    return new URL(`http://[${text}]/`).hostname.slice(1, -1);
  } catch {
    return undefined;
  }
}

const groupsOf = (text: string): number[] =>
  text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
