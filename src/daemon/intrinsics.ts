/**
 * The intrinsic items of pool 2: ten keys in a fixed order (protocol.md 5.5), true where the stock daemons are not, and
 * on request the newer keys after them.
 */
import {
  requireBoolean,
  requireChoice,
  requireFunction,
  requireInteger,
  requireObject,
  requireText,
} from '../arguments.js';
import { GUEST_VALUE_UNITS, VALUE_TEXT_BYTES } from '../wire/kvp.js';
import type { IntrinsicsPort } from './ports.js';
import type { ProfileName } from './profile.js';

/** What the items are made of. Whoever gathers it replaces the whole object when something changed. */
export interface GuestFacts {
  /** The full name, or the short one until that is known. */
  hostName: string;
  /** Without loopback, zone and duplicates, the most useful first. */
  ipv4: readonly string[];
  ipv6: readonly string[];
  /** As uname(1) -s, -r and -m say. */
  kernelName: string;
  kernelRelease: string;
  machine: string;
  /** Of os-release(5). */
  osRelease: ReadonlyMap<string, string>;
}

export interface IntrinsicsOptions {
  profile: ProfileName;
  facts: () => GuestFacts;
  /** Also OSDistributionName, OSDistributionData and OSPlatformId, as newer guests have them. */
  extended?: boolean;
}

type Item = { key: string; value: (facts: GuestFacts, driverVersion: string) => string };

/** Whole addresses, as many as the driver hands on: it cuts a longer text anywhere. */
function listText(addresses: readonly string[]): string {
  const most = Math.min(GUEST_VALUE_UNITS, VALUE_TEXT_BYTES);
  let text = '';
  for (const address of addresses) {
    const longer = text === '' ? address : `${text};${address}`;
    if (longer.length > most) break;
    text = longer;
  }
  return text;
}

const shortRelease = ({ kernelRelease }: GuestFacts) => kernelRelease.split('-', 1)[0]!;
const release = (name: string) => (facts: GuestFacts) => facts.osRelease.get(name) ?? '';

const LINUX: readonly Item[] = [
  { key: 'FullyQualifiedDomainName', value: (facts) => facts.hostName },
  { key: 'IntegrationServicesVersion', value: (_facts, driverVersion) => driverVersion },
  { key: 'NetworkAddressIPv4', value: (facts) => listText(facts.ipv4) },
  { key: 'NetworkAddressIPv6', value: (facts) => listText(facts.ipv6) },
  { key: 'OSBuildNumber', value: (facts) => facts.kernelRelease },
  { key: 'OSName', value: (facts) => facts.osRelease.get('NAME') || facts.kernelName },
  { key: 'OSMajorVersion', value: release('VERSION_ID') },
  { key: 'OSMinorVersion', value: () => '' },
  { key: 'OSVersion', value: shortRelease },
  { key: 'ProcessorArchitecture', value: (facts) => facts.machine },
];

const EXTENSION: readonly Item[] = [
  { key: 'OSDistributionName', value: release('NAME') },
  { key: 'OSDistributionData', value: release('PRETTY_NAME') },
  // 2 is VER_PLATFORM_WIN32_NT, which every guest reports.
  { key: 'OSPlatformId', value: () => '2' },
];

/** FreeBSD's daemon names the kernel, not a distribution, and gives the short release as the build number. */
const FREEBSD: readonly Item[] = LINUX.map((item) => {
  if (item.key === 'OSBuildNumber') return { key: item.key, value: shortRelease };
  if (item.key === 'OSName') return { key: item.key, value: (facts) => facts.kernelName };
  if (item.key === 'OSMajorVersion') return { key: item.key, value: () => '' };
  return item;
});

/** FreeBSD's driver states no version; this is what its own daemon says. */
const INITIAL_VERSION: Readonly<Record<ProfileName, string>> = {
  linux: 'Unknown version',
  freebsd: 'BSD Pre-Release version',
};

/**
 * ```ts
 * const intrinsics = createIntrinsics({ profile: 'linux', facts: () => facts });
 * intrinsics.at(5); // { key: 'OSName', value: 'Debian GNU/Linux' }
 * ```
 */
export function createIntrinsics(options: IntrinsicsOptions): IntrinsicsPort {
  requireObject('options', options);
  const { profile, facts, extended = false } = options;
  requireChoice('profile', profile, ['linux', 'freebsd']);
  requireFunction('facts', facts);
  requireBoolean('extended', extended);
  const own = profile === 'linux' ? LINUX : FREEBSD;
  const items = extended ? [...own, ...EXTENSION] : own;
  let version = INITIAL_VERSION[profile];
  return {
    at(index) {
      requireInteger('index', index, 0, 0xffff_ffff);
      const item = items[index];
      return item && { key: item.key, value: item.value(facts(), version) };
    },
    driverVersion(text) {
      requireText('the version of the driver', text);
      version = text;
    },
  };
}
