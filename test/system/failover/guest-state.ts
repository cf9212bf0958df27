/** Everything that a change of the guest's network may touch, for comparison. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { addressesOf, gatewaysOf } from './network.js';

/** Where managers keep what people write; what lies below /run follows from it. */
const FOLDERS = ['/etc/systemd/network', '/etc/netplan', '/etc/network', '/etc/NetworkManager', '/var/lib/hyperv'];
/** The applier's own, and the pools, which have nothing to do with it. */
const OWN = /^\/var\/lib\/hyperv\/(net-lock|net-last-change|net-program|\.)/;

/** Path → mode and text. A journal of a change that has not ended is among them. */
export function configurationFiles(): Record<string, string> {
  const paths = FOLDERS.flatMap(filesBelow).filter((path) => !OWN.test(path));
  return Object.fromEntries(
    paths.map((path) => [path, `${statSync(path).mode.toString(8)} ${readFileSync(path, 'utf8')}`]),
  );
}

/** The paths whose text or mode is another one than before, or that came or went. */
export function changedFiles(before: Record<string, string>): string[] {
  const now = configurationFiles();
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((path) => before[path] !== now[path]);
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)],
    );
  } catch {
    return [];
  }
}

export function kernelState(link: string): { addresses: string[]; gateways: string[] } {
  return { addresses: addressesOf(link).sort(), gateways: gatewaysOf(link).sort() };
}
