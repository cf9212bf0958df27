/**
 * What keeps ISC dhclient from writing the network's DNS servers over those that were wanted: a hook that its script
 * reads first, in a folder of Debian's family (dhclient-script(8)). Without that folder nothing keeps it from it.
 */
import type { ConfigFiles } from '../config-files.js';
import { type FileChange, isBelow } from './backend.js';

const FOLDER = '/etc/dhcp/dhclient-enter-hooks.d';

export const hasHooks = (files: ConfigFiles): boolean => files.exists(FOLDER);

export const isHook = (path: string): boolean => isBelow(path, `${FOLDER}/`);

/** Made where `keeps` and not there yet, taken away where not; `name` is one that a shell takes for a plain word. */
export function dhclientHook(files: ConfigFiles, name: string, keeps: boolean): FileChange[] {
  // run-parts passes over names with dots.
  const path = `${FOLDER}/hv-kvp-${name.replaceAll('.', '_')}`;
  const before = files.settings(path);
  const after = keeps ? hookText(name) : undefined;
  return before === after || !hasHooks(files) ? [] : [{ path, before, after, mode: 0o644 }];
}

const hookText = (name: string): string => `# By hv-kvp: ${name} has DNS servers of its own beside its lease.
if [ "$interface" = "${name}" ]; then
  make_resolv_conf() { :; }
fi
`;
