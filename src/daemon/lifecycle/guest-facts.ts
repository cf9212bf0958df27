/** Gathers what the intrinsic items are made of. Nothing here waits on a request's path: values are ready beforehand. */
import { promises as dns } from 'node:dns';
import { statSync } from 'node:fs';
import * as os from 'node:os';
import { requireMethods, requireMilliseconds } from '../../arguments.js';
import { readRegularFile } from '../../os/regular-file.js';
import { canonicalNameInHosts, searchDomains } from '../hosts.js';
import type { GuestFacts } from '../intrinsics.js';
import { parseOsRelease } from '../os-release.js';
import type { AddressesPort } from '../ports.js';

export interface GuestFactsOptions {
  addresses: AddressesPort;
  /** Milliseconds between looks at what may have changed. Default 1 s. */
  refreshMs?: number;
}

export interface GuestFactsSource {
  readonly facts: () => GuestFacts;
  /** Looks again at everything, as SIGHUP asks. */
  refresh(): void;
  close(): void;
}

const HOSTS = '/etc/hosts';
const RESOLV_CONF = '/etc/resolv.conf';
const OS_RELEASE = ['/etc/os-release', '/usr/lib/os-release'];
/** A list of blocked hosts has some megabytes. */
const MAX_BYTES = 16 * 1024 * 1024;
const DNS_RETRY_MS = 60_000;

export function gatherGuestFacts({ addresses, refreshMs = 1_000 }: GuestFactsOptions): GuestFactsSource {
  requireMethods('addresses', addresses, 'addresses');
  requireMilliseconds('refreshMs', refreshMs);
  let stamp = '';
  let osRelease: ReadonlyMap<string, string> = new Map();
  let host = '';
  let fullName: string | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let closed = false;

  function gather(): void {
    const current = os.hostname();
    if (current !== host) askedAt = Number.NEGATIVE_INFINITY;
    if (current !== host || current.includes('.')) fullName = undefined;
    host = current;
    osRelease = parseOsRelease(OS_RELEASE.map(textOf).find((text) => text !== '') ?? '');
    const inFiles = host.includes('.') ? host : canonicalNameInHosts(textOf(HOSTS), host);
    if (inFiles !== undefined) fullName = inFiles;
    else if (performance.now() - askedAt >= DNS_RETRY_MS) void askNameServers(host);
  }

  /** A failure leaves the short name. */
  async function askNameServers(asked: string): Promise<void> {
    askedAt = performance.now();
    fullName = undefined;
    for (const domain of searchDomains(textOf(RESOLV_CONF))) {
      const name = `${asked}.${domain}`;
      if (!(await exists(name))) continue;
      if (!closed && host === asked) fullName = name;
      return;
    }
  }

  function look(): void {
    const current = [HOSTS, RESOLV_CONF, ...OS_RELEASE].map(stampOf).join() + os.hostname();
    if (current === stamp) return;
    stamp = current;
    gather();
  }

  look();
  const timer = setInterval(look, refreshMs);
  timer.unref();
  return {
    facts: () => ({
      hostName: fullName ?? host,
      ipv4: addresses.addresses(4),
      ipv6: addresses.addresses(6),
      kernelName: os.type(),
      kernelRelease: os.release(),
      machine: os.machine(),
      osRelease,
    }),
    refresh() {
      askedAt = Number.NEGATIVE_INFINITY;
      gather();
    },
    close() {
      closed = true;
      clearInterval(timer);
    },
  };
}

async function exists(name: string): Promise<boolean> {
  const found = await Promise.allSettled([dns.resolve4(name), dns.resolve6(name)]);
  return found.some((result) => result.status === 'fulfilled');
}

function textOf(path: string): string {
  try {
    return readRegularFile(path, MAX_BYTES)?.toString('utf8') ?? '';
  } catch {
    return '';
  }
}

function stampOf(path: string): string {
  try {
    const { ino, mtimeMs, size } = statSync(path);
    return `${ino}:${mtimeMs}:${size}`;
  } catch {
    return '-';
  }
}
