/**
 * What FreeBSD's `netstat -rnW` prints of the routing tables, read: the gateways of default routes. Built from the manual
 * page and from published output; unverified on a real FreeBSD.
 */
import { canonicalAddress } from '../../address-text.js';
import type { Gateway } from '../default-routes.js';
import type { Link } from '../rtnetlink.js';

const DEFAULTS = new Set(['default', '0.0.0.0/0', '::/0']);

/**
 * Columns are found by their titles: which ones there are differs from version to version. A route whose gateway is no
 * address (link#2), or whose interface is not among `links`, has no gateway that anybody could use.
 */
export function readNetstat(text: string, links: readonly Link[]): Gateway[] {
  const gateways: Gateway[] = [];
  let columns: string[] = [];
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    if (words[0] === 'Destination') columns = words;
    if (!DEFAULTS.has(words[0]!)) continue;
    const cell = (title: string) => words[columns.indexOf(title)] ?? '';
    const flags = cell('Flags');
    const via = canonicalAddress(cell('Gateway'));
    const link = links.find(({ name }) => name === cell('Netif'));
    if (via === undefined || link === undefined || !/U/.test(flags) || /[BR]/.test(flags)) continue;
    const family = via.includes(':') ? 6 : 4;
    // S: somebody set it. What a router advertises comes without.
    gateways.push({ index: link.index, family, text: via, metric: 0, advertised: family === 6 && !/S/.test(flags) });
  }
  return gateways;
}
