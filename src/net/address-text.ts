/** Addresses and masks as the device carries them: dotted IPv4, RFC 5952 IPv6 without zone (protocol.md 5.8). */
import ipaddr from 'ipaddr.js';

/** Of 4 or 16 bytes in network order; undefined for anything else. */
export function addressText(bytes: Uint8Array | undefined): string | undefined {
  if (bytes?.length !== 4 && bytes?.length !== 16) return undefined;
  return ipaddr.fromByteArray(Array.from(bytes)).toString();
}

/** The canonical text of an address; undefined when `text` is none. A zone is dropped. */
export function canonicalAddress(text: string): string | undefined {
  const bare = text.replace(/%.*/, '');
  if (ipaddr.IPv4.isValidFourPartDecimal(bare)) return bare;
  return ipaddr.IPv6.isValid(bare) ? ipaddr.IPv6.parse(bare).toString() : undefined;
}

/** "255.255.255.0" for IPv4, "/64" for IPv6. */
export function subnetText(family: 4 | 6, prefix: number): string {
  return family === 4 ? ipaddr.IPv4.subnetMaskFromPrefixLength(prefix).toString() : `/${prefix}`;
}

/** The length that "255.255.255.0" stands for; undefined for anything else. */
export function prefixOfMask(mask: string): number | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(mask)) return undefined;
  return ipaddr.IPv4.parse(mask).prefixLengthFromSubnetMask() ?? undefined;
}

/** The same of what FreeBSD's ifconfig(8) takes and prints, "0xffffff00" too. */
export function prefixOfFreebsdMask(mask: string): number | undefined {
  const hex = /^0x([0-9a-f]{8})$/i.exec(mask)?.[1];
  return prefixOfMask(hex === undefined ? mask : addressText(Buffer.from(hex, 'hex'))!);
}

/** What programs take where an IPv4 address has no mask: the length of its class. */
export function classPrefix(address: string): number {
  const first = Number.parseInt(address, 10);
  return first < 128 ? 8 : first < 192 ? 16 : 24;
}

/** Whether it means nothing without an interface: fe80::/10. */
export function isLinkLocalIpv6(address: string): boolean {
  const parsed = ipaddr.parse(address);
  return parsed.kind() === 'ipv6' && parsed.range() === 'linkLocal';
}
