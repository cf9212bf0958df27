/** Which of NetworkManager's profiles an interface has, and where it is kept. From files alone. */
import { createHash } from 'node:crypto';
import type { ConfigFiles } from '../../config-files.js';
import type { TargetInterface } from '../backend.js';
import { KEYFILE, SectionFile } from '../formats/section-file.js';
import { isMacOf } from '../interface-traits.js';
import { choosable, interfaceNameOf, macOf, priority } from './profile-choice.js';

export const OWN_FOLDER = '/etc/NetworkManager/system-connections';
/** A profile in memory hides one with its uuid on disk; one on disk hides one of a package. */
const RUNTIME_FOLDER = '/run/NetworkManager/system-connections';
const PACKAGE_FOLDER = '/usr/lib/NetworkManager/system-connections';

export interface Profile {
  path: string;
  text: string;
  file: SectionFile;
  uuid: string | undefined;
}

export interface DeviceState {
  managed: boolean;
  /** Of the profile that is active. */
  uuid: string | undefined;
  /** NetworkManager's own client has a lease of IPv4. */
  hasLease: boolean;
}

/** Undefined: NetworkManager does not run, or does not know the interface. Throws ERR_NET_FILE. */
export function deviceState(files: ConfigFiles, target: Pick<TargetInterface, 'index'>): DeviceState | undefined {
  const path = `/run/NetworkManager/devices/${target.index}`;
  const text = files.settings(path);
  const state = text === undefined ? undefined : new SectionFile(text, KEYFILE, path);
  const uuid = state?.last('device', 'connection-uuid');
  return (
    state && {
      managed: state.last('device', 'managed') !== 'false',
      uuid: uuid === '' ? undefined : uuid,
      hasLease: state.last('dhcp4', 'dhcp4.ip_address') !== undefined,
    }
  );
}

/** The profile that NetworkManager has up on the interface, where it keeps it in a file. */
export function activeProfile(files: ConfigFiles, target: Pick<TargetInterface, 'index'>): Profile | undefined {
  const uuid = deviceState(files, target)?.uuid;
  return uuid === undefined ? undefined : profileWithUuid(files, uuid);
}

export const profileWithUuid = (files: ConfigFiles, uuid: string): Profile | undefined =>
  allProfiles(files).find((profile) => profile.uuid === uuid);

/**
 * The active profile when somebody made it for this interface alone, then our own, then one that is active here and
 * elsewhere. Where none is active, the one that NetworkManager would choose.
 */
export function findProfile(files: ConfigFiles, target: TargetInterface): Profile | undefined {
  const profiles = allProfiles(files);
  const uuid = deviceState(files, target)?.uuid;
  const active = uuid === undefined ? undefined : profiles.find((profile) => profile.uuid === uuid);
  if (active !== undefined && isOnlyFor(active, target) && !isGenerated(active)) return active;
  if (active === undefined) return choosable(files, profiles, target)[0];
  return profiles.find((profile) => profile.uuid === ownUuid(target)) ?? active;
}

/** The highest priority among those that could come up here in its place. */
export function rivalPriority(files: ConfigFiles, target: TargetInterface, { path }: Profile): number | undefined {
  const rivals = choosable(files, allProfiles(files), target).filter((profile) => profile.path !== path);
  return rivals.length === 0 ? undefined : Math.max(...rivals.map(({ file }) => priority(file)));
}

/** Whether the profile names this interface and no other. */
export function isOnlyFor({ file }: Profile, target: TargetInterface): boolean {
  const name = interfaceNameOf(file);
  if (name !== undefined) return name === target.name;
  const mac = macOf(file);
  return mac !== undefined && isMacOf(mac, target);
}

/** One in memory that NetworkManager made by itself ("Wired connection 1"): it goes when the link does. */
export const isGenerated = ({ file, path }: Profile): boolean =>
  path.startsWith('/run/') && file.last('.nmmeta', 'nm-generated') === 'true';

/** The same for the same interface, so that rendering twice gives one profile. */
export function ownUuid({ name, mac }: TargetInterface): string {
  const bytes = createHash('sha1')
    .update(`hv-kvp profile of ${mac?.toUpperCase() ?? name}`)
    .digest();
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex', 0, 16);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export const allProfiles = (files: ConfigFiles): Profile[] =>
  [RUNTIME_FOLDER, OWN_FOLDER, PACKAGE_FOLDER].flatMap((folder) => profilesIn(files, folder));

/** Elsewhere than in /etc the ending is required; in /etc NetworkManager skips hidden files and editors' copies. */
function profilesIn(files: ConfigFiles, folder: string): Profile[] {
  return files
    .list(folder, folder === OWN_FOLDER ? '' : '.nmconnection')
    .filter((path) => !/\/\.[^/]*$|~$|\.(?:bak|rpmsave|rpmorig|rpmnew|swp|swpx|nmmeta)$/.test(path))
    .flatMap((path) => {
      // One that NetworkManager itself refuses is no profile.
      const profile = files.settingsUnlessSkipped(path, (text) => {
        const file = new SectionFile(text, KEYFILE, path);
        return { path, text, file, uuid: file.last('connection', 'uuid') };
      });
      return profile ?? [];
    });
}
