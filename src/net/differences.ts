/** What a person would see change between two configurations. */
import { asListed } from './address-order.js';
import { type IpConfiguration, ofFamily } from './configuration.js';

export interface Difference {
  /** '+' comes, '-' goes. */
  sign: '+' | '-';
  what: 'dhcp' | 'address' | 'gateway' | 'dns' | 'order';
  /** "192.0.2.7/24" for an address, "on" or "off" for dhcp, "address 192.0.2.7/24, 192.0.2.8/24" for an order. */
  text: string;
}

/**
 * From the present state to the wanted one; none when the present state already is as wanted. What the wanted
 * configuration leaves to the network does not count: what DHCP gave where it stays on, and the DNS servers while it
 * names none.
 */
export function differences(present: IpConfiguration, wanted: IpConfiguration): Difference[] {
  const lists: Difference[][] = [];
  if (present.dhcp !== wanted.dhcp) {
    lists.push([
      { sign: '-', what: 'dhcp', text: onOff(present.dhcp) },
      { sign: '+', what: 'dhcp', text: onOff(wanted.dhcp) },
    ]);
  }
  for (const family of [4, 6] as const) {
    const has = ofFamily(family, present);
    const wants = ofFamily(family, wanted);
    const open = family === 4 && wanted.dhcp && present.dhcp;
    const [hasListed, wantsListed] = [has, wants].map(({ addresses }) => asListed(addresses).map(cidr));
    lists.push(listDifferences('address', hasListed!, wantsListed!, open));
    lists.push(listDifferences('gateway', has.gateways, wants.gateways, open));
    lists.push(orderDifferences('address', hasListed!, wantsListed!));
    lists.push(orderDifferences('gateway', has.gateways, wants.gateways));
  }
  lists.push(listDifferences('dns', present.dns, wanted.dns, wanted.dns.length === 0 || wanted.dhcp));
  for (const family of [4, 6] as const)
    lists.push(orderDifferences('dns', ofFamily(family, present).dns, ofFamily(family, wanted).dns));
  return lists.flat();
}

const onOff = (dhcp: boolean) => (dhcp ? 'on' : 'off');
const cidr = ({ text, prefix }: { text: string; prefix: number }) => `${text}/${prefix}`;

/** An `open` list may hold more than is wanted. */
function listDifferences(what: Difference['what'], has: string[], wants: string[], open: boolean): Difference[] {
  const [hasText, wantsText] = [new Set(has), new Set(wants)];
  const gone = open ? [] : has.filter((text) => !wantsText.has(text));
  const come = wants.filter((text) => !hasText.has(text));
  return [
    ...gone.map((text): Difference => ({ sign: '-', what, text })),
    ...come.map((text): Difference => ({ sign: '+', what, text })),
  ];
}

/** Of what is in both lists. */
function orderDifferences(what: string, has: readonly string[], wants: readonly string[]): Difference[] {
  const [hasText, wantsText] = [new Set(has), new Set(wants)];
  const [now, then] = [has.filter((text) => wantsText.has(text)), wants.filter((text) => hasText.has(text))];
  if (now.join() === then.join()) return [];
  return [
    { sign: '-', what: 'order', text: `${what} ${now.join(', ')}` },
    { sign: '+', what: 'order', text: `${what} ${then.join(', ')}` },
  ];
}
