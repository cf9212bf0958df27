/** The virtual network adapters of a machine and the two names each has: its MAC and its VMBus instance GUID. */
import { requireText } from '../arguments.js';
import { MisuseError } from '../errors.js';

export interface VirtualAdapter {
  /** "00:15:5D:01:02:03": how GET_IP_INFO names it. */
  mac: string;
  /** "{4b9b9a39-0a6c-4b5c-8d3e-0123456789ab}": how SET_IP_INFO names it. */
  guid: string;
}

/** Upper-case hex with colons (protocol.md 3.5); accepts colons, dashes or nothing between the bytes. */
export function normalizeMac(text: string): string {
  requireText('mac', text);
  const digits = text.replaceAll(/[:-]/g, '').toUpperCase();
  if (!/^[0-9A-F]{12}$/.test(digits)) throw new MisuseError(`"${text}" is not a MAC address such as 00:15:5D:01:02:03`);
  return digits.match(/../g)!.join(':');
}

/** Lower-case in braces (protocol.md 3.5). */
export function normalizeGuid(text: string): string {
  requireText('guid', text);
  const bare = text.replace(/^\{(.*)\}$/, '$1').toLowerCase();
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(bare)) throw new MisuseError(`"${text}" is not a GUID`);
  return `{${bare}}`;
}

/** An adapter; without a GUID it gets one that depends on nothing but its MAC. */
export function virtualAdapter(mac: string, guid?: string): VirtualAdapter {
  const normal = normalizeMac(mac);
  const derived = `00000000-0000-4000-8000-${normal.replaceAll(':', '')}`;
  return { mac: normal, guid: normalizeGuid(guid ?? derived) };
}
