/**
 * An interface's default gateways in wicked's route files, as ifroute(5) has it: all lines of `ifroute-NAME`, and those of
 * `routes` that name the interface, or no interface and a gateway in one of its networks.
 */
import { isLinkLocalIpv6 } from '../../address-text.js';
import type { ConfigFiles } from '../../config-files.js';
import { type InterfaceAddress, type IpConfiguration, ofFamily } from '../../configuration.js';
import { fileError } from '../../file-error.js';
import { Subnets } from '../../next-hop.js';
import type { FileChange } from '../backend.js';
import { align } from '../formats/align.js';
import { DEFAULT_METRIC, type Route, RouteFile } from './route-file.js';

const MODE = 0o644;

interface Place {
  file: RouteFile;
  route: Route;
  /** The only one of a default route. */
  gateway: string;
}

export class DefaultRoutes {
  readonly #name: string;
  readonly #own: RouteFile;
  readonly #shared: RouteFile;
  readonly #before: ReadonlyMap<RouteFile, string | undefined>;
  /** Ours that lead to the link. */
  readonly #linkRoutes: readonly (readonly [RouteFile, Route])[];
  readonly #onLink: Subnets;

  /** Of the interface, by the files of the folder. Throws ERR_NET_FILE. */
  constructor(files: ConfigFiles, folder: string, name: string) {
    const read = (path: string) => {
      const before = files.settings(path);
      return [new RouteFile(before ?? '', files.finalPath(path)), before] as const;
    };
    const [own, shared] = [read(`${folder}/ifroute-${name}`), read(`${folder}/routes`)];
    this.#name = name;
    this.#own = own[0];
    this.#shared = shared[0];
    this.#before = new Map([own, shared]);
    const isOnLink = (route: Route) => route.gateways.length === 0 && !isDefault(route);
    this.#linkRoutes = [
      ...this.#own.routes.filter(isOnLink).map((route) => [this.#own, route] as const),
      ...this.#shared.routes
        .filter((route) => isOnLink(route) && route.interfaces.includes(name))
        .map((route) => [this.#shared, route] as const),
    ];
    this.#onLink = new Subnets(this.#linkRoutes.map(([, { destination }]) => destination));
  }

  /** The preferred one of each family first. Throws ERR_NET_FILE for a default route of ours that has not one gateway. */
  gateways(addresses: readonly InterfaceAddress[]): string[] {
    return ([4, 6] as const).flatMap((family) => this.#inForce(family, addresses).map(({ gateway }) => gateway));
  }

  /** Rewrites what differs. `from`: the addresses that decided so far which lines of `routes` are ours. */
  write(from: readonly InterfaceAddress[], wanted: IpConfiguration): void {
    for (const family of [4, 6] as const) this.#writeFamily(family, from, ofFamily(family, wanted));
  }

  /** What `write` has made of the files. */
  changes(): FileChange[] {
    return [...this.#before].flatMap(([file, before]) => {
      const text = String(file);
      // A missing end of the last line alone is no change.
      if (text === (before ?? '') || text === `${before}\n`) return [];
      const after = text === '' && file === this.#own ? undefined : text;
      return [{ path: file.path, before, after, mode: MODE }];
    });
  }

  #writeFamily(family: 4 | 6, from: readonly InterfaceAddress[], { addresses, gateways }: IpConfiguration): void {
    const old = this.#inForce(family, from).map(({ gateway }) => gateway);
    const now = this.#inForce(family, addresses);
    const isStale = ({ source }: Route) =>
      source !== undefined && addresses.length > 0 && !addresses.some(({ text }) => text === source);
    this.#putOnLink(family, gateways, addresses);
    if (now.map(({ gateway }) => gateway).join() !== gateways.join() || now.some(({ route }) => isStale(route))) {
      const has = this.#places(family, [...from, ...addresses]);
      const { places, rest } = align(
        has.map(({ gateway }) => gateway),
        gateways,
      );
      let last = -1;
      for (const [at, { file, route }] of has.entries()) {
        const gateway = places[at];
        if (gateway === undefined) {
          file.remove(route);
          continue;
        }
        last = Math.max(route.metric, last + 1);
        const [metric, source] = [saidMetric(family, last), isStale(route) ? undefined : route.source];
        file.edit(route, { gateway, interface: this.#name, metric, source });
      }
      for (const gateway of rest) {
        last = last < 0 ? DEFAULT_METRIC[family] : last + 1;
        const metric = saidMetric(family, last);
        this.#own.add(`default ${gateway} - ${this.#name}${metric === undefined ? '' : ` metric ${metric}`}`);
      }
    }
    this.#removeHostRoutes(old.filter((gateway) => !gateways.includes(gateway)));
  }

  /** A gateway outside the networks gets a route to itself, in front of the routes that lead through it. */
  #putOnLink(family: 4 | 6, gateways: readonly string[], addresses: readonly InterfaceAddress[]): void {
    const first = this.#own.routes.find((route) => route.family === family && isDefault(route));
    const subnets = new Subnets(addresses);
    for (const gateway of new Set(gateways))
      if (!subnets.reach(gateway) && !this.#onLink.has(gateway))
        this.#own.add(`${gateway}/${family === 4 ? 32 : 128} - - ${this.#name}`, first);
  }

  #removeHostRoutes(gateways: readonly string[]): void {
    for (const [file, route] of this.#linkRoutes)
      if (gateways.includes(route.destination.text) && route.destination.prefix === (route.family === 4 ? 32 : 128))
        file.remove(route);
  }

  /** Of one metric the first counts. */
  #inForce(family: 4 | 6, addresses: readonly InterfaceAddress[]): Place[] {
    const byMetric = new Map<number, Place>();
    for (const place of this.#places(family, addresses))
      if (!byMetric.has(place.route.metric)) byMetric.set(place.route.metric, place);
    return [...byMetric.values()];
  }

  /** The preferred ones first, and those of our own file before those of the shared one. */
  #places(family: 4 | 6, addresses: readonly InterfaceAddress[]): Place[] {
    const of = (file: RouteFile) => file.routes.filter((route) => route.family === family && isDefault(route));
    const subnets = new Subnets(addresses);
    const shared = of(this.#shared).filter((route) => this.#isOurs(route, subnets));
    const all = [
      ...of(this.#own).map((route) => [this.#own, route] as const),
      ...shared.map((route) => [this.#shared, route] as const),
    ];
    return all
      .map(([file, route]): Place => {
        const [gateway] = route.gateways;
        if (gateway !== undefined && !route.isMultipath) return { file, route, gateway };
        const reason = route.isMultipath ? 'a route of several gateways' : 'a default route without a gateway';
        throw fileError(file.path, reason, { line: route.line });
      })
      .sort((a, b) => a.route.metric - b.route.metric);
  }

  #isOurs({ interfaces, gateways }: Route, subnets: Subnets): boolean {
    if (interfaces.length > 0) return interfaces.includes(this.#name);
    const isNear = (gateway: string) => subnets.has(gateway) || this.#onLink.has(gateway);
    return gateways.some((gateway) => !isLinkLocalIpv6(gateway) && isNear(gateway));
  }
}

const isDefault = ({ destination }: Route): boolean => destination.prefix === 0;

/** Undefined: as the kernel takes it anyway. */
const saidMetric = (family: 4 | 6, metric: number): number | undefined =>
  metric === DEFAULT_METRIC[family] ? undefined : metric;
