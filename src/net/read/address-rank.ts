/** Which of a machine's addresses a stranger should try first: tools take the first of the list. */
import ipaddr from 'ipaddr.js';
import type { Gateway } from './default-routes.js';
import { type Interface, isOfLink, usefulness } from './interfaces.js';
import type { Address } from './rtnetlink.js';

/** What containers, virtual machines and tunnels of this machine itself are connected with. */
const INNER_NAME =
  /^(?:docker|br-[0-9a-f]{12}$|veth|cni|cbr|cali|flannel|weave|cilium|lxc|lxd|incus|virbr|vnet|podman|nerdctl|kube-|nodelocaldns|dummy|ifb|ip6?tnl|tunl|sit|gre|vxlan|geneve|ovs-system)/;

export interface RankedOver {
  interfaces: readonly Interface[];
  gateways: readonly Gateway[];
  /** Whether an interface is an adapter: it has a device behind it. */
  isHardware: (name: string) => boolean;
}

/**
 * Of one family, without loopback and duplicates: those of the interface of the default route, other public ones, private
 * ones, those of the link; of each those of adapters before inner ones. Links that are down or have no carrier come last.
 */
export function rankedAddresses(family: 4 | 6, { interfaces, gateways, isHardware }: RankedOver): string[] {
  const offered = interfaces.filter(({ loopback }) => !loopback);
  const leading = (gateways.find((one) => one.family === family) ?? gateways[0])?.index;
  const carrying = carriersOfAdapters(offered, isHardware);
  const rankOf = (one: Interface, address: Address): number[] => [
    one.up && one.carrier !== false ? 0 : 1,
    isOfLink(address) ? 1 : 0,
    INNER_NAME.test(one.name) ? 2 : carrying.has(one.index) ? 0 : 1,
    one.index === leading ? 0 : isPrivate(address.text) ? 2 : 1,
    usefulness(address),
  ];
  const ranked = offered.flatMap((one) =>
    one.addresses
      .filter((address) => address.family === family)
      .map((address) => ({ text: address.text, rank: rankOf(one, address) })),
  );
  // Sorting keeps the order of equals: the kernel's.
  ranked.sort((a, b) => a.rank.map((value, at) => value - b.rank[at]!).find((difference) => difference !== 0) ?? 0);
  return [...new Set(ranked.map(({ text }) => text))];
}

/** Adapters, and what stands in for them: the bridges and bonds that they are ports of, and the VLANs above. */
function carriersOfAdapters(interfaces: readonly Interface[], isHardware: (name: string) => boolean): Set<number> {
  const found = new Set(interfaces.filter(({ name }) => isHardware(name)).map(({ index }) => index));
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { index, master, lower } of interfaces) {
      if (found.has(index) && master !== undefined) found.add(master);
      if (lower !== undefined && found.has(lower)) found.add(index);
    }
  }
  return found;
}

const PRIVATE = new Set(['private', 'uniqueLocal', 'carrierGradeNat']);

const isPrivate = (text: string): boolean => PRIVATE.has(ipaddr.parse(text).range());
