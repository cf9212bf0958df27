/** An interface's configuration in its stanzas of interfaces(5), read and edited. */

import { inOrderOfComing, inOrderOfListing } from '../../address-order.js';
import {
  familyOf,
  type InterfaceAddress,
  type IpConfiguration,
  ofFamily,
  sameConfiguration,
} from '../../configuration.js';
import { Subnets } from '../../next-hop.js';
import type { TargetInterface } from '../backend.js';
import { align } from '../formats/align.js';
import { matchesGlob } from '../formats/glob.js';
import { type InterfacesFile, keywordOf, type Stanza } from './interfaces-file.js';
import {
  addMetric,
  addRoutes,
  addressOf,
  dnsOf,
  dropAddress,
  dropHooks,
  familyOfStanza,
  foreignLines,
  gatewayMetric,
  gatewayOf,
  hookAddressesOf,
  indentOf,
  interfaceOf,
  isStanzaOf,
  methodOf,
  metricOf,
  newStanza,
  routesOf,
  setAddress,
  setDns,
  setGateway,
  setMethod,
} from './interfaces-stanza.js';
import {
  isLeased,
  isOpen,
  keepOpen,
  openAddresses,
  openGateways,
  setLeased,
  setOpenAddresses,
  setOpenGateways,
} from './open-stanza.js';

export const stanzasOf = (files: readonly InterfacesFile[], name: string): Stanza[] =>
  files.flatMap(({ stanzas }) => stanzas).filter((stanza) => isStanzaOf(stanza, name));

/** Of stanzas that are all understood. */
export function readIp(stanzas: readonly Stanza[]): IpConfiguration {
  return {
    dhcp: stanzas.some((stanza) => familyOfStanza(stanza) !== 6 && isLeased(stanza)),
    addresses: inOrderOfListing(stanzas.flatMap(addressesOf)),
    gateways: gatewaysOf(stanzas),
    dns: [...new Set(stanzas.flatMap(dnsOf))],
  };
}

/** ifup sets the addresses first, and then starts the commands. */
function addressesOf(stanza: Stanza): InterfaceAddress[] {
  const own = isOpen(stanza)
    ? openAddresses(stanza).map(({ address }) => address)
    : isStatic(stanza)
      ? [addressOf(stanza)]
      : [];
  return [...own.filter((address) => address !== undefined), ...hookAddressesOf(stanza)];
}

/** The preferred one first, each once. */
function gatewaysOf(stanzas: readonly Stanza[]): string[] {
  const byOption = stanzas.flatMap((stanza) => {
    const own = isOpen(stanza) ? openGateways(stanza) : isStatic(stanza) ? [gatewayOf(stanza) ?? []].flat() : [];
    return own.map((gateway) => ({ gateway, metric: gatewayMetric(stanza, gateway) }));
  });
  const all = [...byOption, ...stanzas.flatMap(routesOf)].sort((a, b) => a.metric - b.metric);
  return [...new Set(all.map(({ gateway }) => gateway))];
}

/** Of `auto` and `allow-…`: a name, or a glob behind a slash, and the stanza that counts behind "=". */
export function comesUpBy(word: string, name: string): boolean {
  const physical = word.replace(/=.*$/, '');
  return physical.startsWith('/') ? matchesGlob(physical.slice(1), name) : physical === name;
}

const isStatic = (stanza: Stanza) => methodOf(stanza) === 'static';

/** The interface's stanzas in all files, as they stand while they are edited. */
export class InterfaceStanzas {
  readonly #files: readonly InterfacesFile[];
  readonly #target: TargetInterface;
  readonly #hasExecutors: boolean;

  /** `hasExecutors`: ifupdown-ng reads them. */
  constructor(files: readonly InterfacesFile[], target: TargetInterface, hasExecutors: boolean) {
    this.#files = files;
    this.#target = target;
    this.#hasExecutors = hasExecutors;
  }

  write(wanted: IpConfiguration): void {
    const now = readIp(this.#all);
    const open = this.#all.find(isOpen);
    const isSame = sameConfiguration({ ...now, dns: [] }, { ...wanted, dns: [] });
    if (open !== undefined && !isSame) this.#writeOpen(open, wanted);
    if (open === undefined || !isOpen(open)) this.#writeFamilies(wanted);
    if (this.#all.length === 0) this.#add(4, 'manual');
    const dns = ofFamily(4, wanted).dns.concat(ofFamily(6, wanted).dns);
    const hasDns = { dhcp: false, addresses: [], gateways: [], dns: now.dns };
    if (!sameConfiguration(hasDns, { ...hasDns, dns })) this.#writeDns(wanted.dns);
  }

  #writeFamilies(wanted: IpConfiguration): void {
    const now = readIp(this.#all);
    for (const family of [4, 6] as const) {
      const wants = { ...ofFamily(family, wanted), dns: [] };
      const has = { ...ofFamily(family, now), dns: [] };
      const same = sameConfiguration(family === 4 ? has : { ...has, dhcp: wants.dhcp }, wants);
      if (!same) this.#writeFamily(family, wants);
    }
  }

  get #all(): Stanza[] {
    return stanzasOf(this.#files, this.#target.name);
  }

  #of(family: 4 | 6): Stanza[] {
    return this.#all.filter((stanza) => familyOfStanza(stanza) === family);
  }

  #writeFamily(family: 4 | 6, { dhcp, addresses, gateways }: IpConfiguration): void {
    const hadGateway = this.#of(family).some((stanza) => gatewayOf(stanza) !== undefined);
    for (const stanza of this.#all) dropHooks(stanza, family);
    const leased = family === 4 && dhcp ? this.#leasedStanza(addresses.length) : undefined;
    this.#writeAddresses(
      family,
      this.#of(family).filter((stanza) => stanza !== leased),
      // ifup takes one stanza after the other.
      inOrderOfComing(family, addresses),
      leased !== undefined,
    );
    for (const stanza of this.#of(family)) setGateway(stanza, undefined);
    const holder = this.#of(family).find(isStatic);
    if (holder !== undefined) {
      setGateway(holder, gateways[0]);
      // A gateway that was there came up beside the others.
      if (gateways.length > 0 && !hadGateway) this.#avoidOthersRoute(holder, family);
    }
    const byRoute = holder === undefined ? gateways : gateways.slice(1);
    if (byRoute.length === 0) return;
    const bearer = holder ?? this.#of(family)[0] ?? this.#add(family, family === 4 ? 'manual' : 'auto');
    const first = holder === undefined ? 0 : gatewayMetric(holder, gateways[0]);
    addRoutes(bearer, this.#target.name, byRoute, Math.max(FIRST_METRIC, first + 1));
  }

  /**
   * Everything in the one stanza; what the interface's others say beyond that goes there too. ifupdown2 takes no address
   * beside DHCP in one: then it is of one family again, and others stand beside it.
   */
  #writeOpen(stanza: Stanza, wanted: IpConfiguration): void {
    const { dhcp } = wanted;
    const isSplit = dhcp && !this.#hasExecutors;
    const { addresses, gateways } = isSplit ? { addresses: [], gateways: [] } : wanted;
    for (const one of this.#all) for (const family of [4, 6] as const) dropHooks(one, family);
    this.#remove(new Set(this.#all.filter((one) => one !== stanza)), stanza);
    setLeased(stanza, dhcp, this.#hasExecutors);
    setOpenAddresses(stanza, [
      ...inOrderOfComing(
        4,
        addresses.filter(({ family }) => family === 4),
      ),
      ...inOrderOfComing(
        6,
        addresses.filter(({ family }) => family === 6),
      ),
    ]);
    keepOpen(stanza);
    const of = (family: 4 | 6) => gateways.filter((gateway) => familyOf(gateway) === family);
    // The option says nothing of a gateway that is on the link and in no subnet.
    const subnets = new Subnets(addresses);
    const byOption = [of(4), of(6)].flatMap(([first]) => (first !== undefined && subnets.reach(first) ? [first] : []));
    setOpenGateways(stanza, byOption);
    for (const family of [4, 6] as const) {
      const byRoute = of(family).filter((gateway) => !byOption.includes(gateway));
      const first = byRoute.length === of(family).length ? 0 : gatewayMetric(stanza, of(family)[0]);
      addRoutes(stanza, this.#target.name, byRoute, Math.max(FIRST_METRIC, first + 1));
    }
  }

  /** Of two default routes of one metric ifup cannot add the second, or takes the first away (IPv6). */
  #avoidOthersRoute(holder: Stanza, family: 4 | 6): void {
    const others = this.#files
      .flatMap(({ stanzas }) => stanzas)
      .filter((stanza) => keywordOf(stanza) === 'iface' && interfaceOf(stanza) !== this.#target.name)
      .filter((stanza) => familyOfStanza(stanza) === family)
      .filter((stanza) => gatewayOf(stanza) !== undefined || (family === 4 && methodOf(stanza) === 'dhcp'));
    const taken = new Set(others.map(metricOf));
    if (metricOf(holder) !== 0 || !taken.has(0)) return;
    let metric = METRIC_STEP;
    while (taken.has(metric)) metric += METRIC_STEP;
    addMetric(holder, metric);
  }

  /** The one whose addresses are leased; one that is to hold an address is left alone where there are enough. */
  #leasedStanza(addresses: number): Stanza {
    const of4 = this.#of(4);
    const stanza =
      of4.find((one) => methodOf(one) === 'dhcp') ??
      of4.find((one) => !isStatic(one)) ??
      (of4.length > addresses ? of4.at(-1) : undefined) ??
      this.#add(4, 'dhcp', 'first');
    setMethod(stanza, 'dhcp');
    dropAddress(stanza);
    return stanza;
  }

  #writeAddresses(family: 4 | 6, pool: Stanza[], addresses: InterfaceAddress[], isHeld: boolean): void {
    const has = pool.map((stanza) => (isStatic(stanza) ? cidr(addressOf(stanza)!) : ''));
    const byText = new Map(addresses.map((address) => [cidr(address), address]));
    const { places, rest } = align(has, [...byText.keys()]);
    pool.forEach((stanza, at) => {
      const place = places[at];
      if (place === undefined) return;
      setMethod(stanza, 'static');
      setAddress(stanza, byText.get(place)!);
    });
    for (const place of rest) setAddress(this.#add(family, 'static'), byText.get(place)!);
    const spare = pool.filter((_, at) => places[at] === undefined);
    if (addresses.length === 0 && !isHeld) this.#empty(family, spare.shift());
    const gone = new Set(spare);
    this.#remove(gone, this.#heirOf(gone, family));
  }

  /** Of IPv6 the router decides; of IPv4 nobody does. What else stands in the stanza stays in effect. */
  #empty(family: 4 | 6, stanza: Stanza | undefined): void {
    if (stanza === undefined) return;
    dropAddress(stanza);
    // ifup told the kernel to hear no router when the address was static: only `auto` tells it otherwise.
    if (isStatic(stanza)) setMethod(stanza, family === 4 ? 'manual' : 'auto');
    if (family === 4 && methodOf(stanza) === 'dhcp') setMethod(stanza, 'manual');
  }

  #writeDns(dns: readonly string[]): void {
    const [first, ...others] = this.#all;
    for (const stanza of others) setDns(stanza, []);
    if (first !== undefined) setDns(first, dns);
  }

  /** Behind the interface's other stanzas, or at the end of the main file with a line that brings it up. */
  #add(family: 4 | 6, method: string, place: 'first' | 'last' = 'last'): Stanza {
    const neighbour = place === 'first' ? this.#all[0] : (this.#of(family).at(-1) ?? this.#all.at(-1));
    const stanza = newStanza(this.#target.name, family, method, neighbour && indentOf(neighbour));
    const { stanzas } = this.#files.find((file) => neighbour && file.stanzas.includes(neighbour)) ?? this.#files[0]!;
    if (neighbour === undefined) {
      const end = stanzas.at(-1)!;
      if (end.lines.length + end.tail.length > 0 && end.tail.at(-1)?.raw !== '') end.tail.push(EMPTY_LINE);
      if (!this.#comesUp()) stanzas.push({ lines: [wordsLine(['auto', this.#target.name])], tail: [] });
      stanzas.push(stanza);
    } else if (place === 'first') {
      stanza.tail.push(EMPTY_LINE);
      stanzas.splice(stanzas.indexOf(neighbour), 0, stanza);
    } else {
      stanza.tail = neighbour.tail;
      neighbour.tail = [EMPTY_LINE];
      stanzas.splice(stanzas.indexOf(neighbour) + 1, 0, stanza);
    }
    return stanza;
  }

  #comesUp(): boolean {
    const heads = this.#files.flatMap(({ stanzas }) => stanzas).map(({ lines }) => lines[0]?.words ?? []);
    return heads.some(
      ([keyword = '', ...words]) =>
        /^(auto|allow-.+)$/.test(keyword) && words.some((word) => comesUpBy(word, this.#target.name)),
    );
  }

  #heirOf(gone: ReadonlySet<Stanza>, family: 4 | 6): Stanza | undefined {
    return this.#of(family).find((one) => !gone.has(one)) ?? this.#all.find((one) => !gone.has(one));
  }

  /** What is not ours in them goes to another stanza of the interface. */
  #remove(gone: ReadonlySet<Stanza>, heir: Stanza | undefined): void {
    for (const file of this.#files) {
      const kept: Stanza[] = [];
      for (const stanza of file.stanzas) {
        if (!gone.has(stanza)) {
          kept.push(stanza);
          continue;
        }
        for (const line of foreignLines(stanza)) heir?.lines.push(line);
        const tail = stanza.tail[0]?.raw.trim() === '' ? stanza.tail.slice(1) : stanza.tail;
        for (const line of tail) kept.at(-1)?.tail.push(line);
      }
      file.stanzas = kept;
    }
  }
}

/** Of the gateways that have no option of their own; that of the option `gateway` is 0. */
const FIRST_METRIC = 200;
const METRIC_STEP = 100;
const EMPTY_LINE = { raw: '', words: [] };
const wordsLine = (words: readonly string[]) => ({ raw: words.join(' '), words });
const cidr = ({ text, prefix }: InterfaceAddress) => `${text}/${prefix}`;
