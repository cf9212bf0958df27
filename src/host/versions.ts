import { requireChoice } from '../arguments.js';
import { compareVersions, FRAMEWORK_VERSIONS, type Version, type VersionLists, version } from '../codec/index.js';

/** The newest KVP message version a host offers; Windows Server 2012 R2 and later know 5.0. */
export type KvpVersionName = '3.0' | '4.0' | '5.0';

/** Message versions of current hosts, ascending, as OpenVMM offers them (protocol.md 2.2). */
const HOST_MESSAGE_VERSIONS: Record<KvpVersionName, Version> = {
  '3.0': version(3),
  '4.0': version(4),
  '5.0': version(5),
};
export const KVP_VERSION_NAMES = Object.keys(HOST_MESSAGE_VERSIONS) as readonly KvpVersionName[];

/** The two versions that host and guest agreed on. */
export interface Agreed {
  framework: Version;
  message: Version;
}

/** Frameworks {1.0, 3.0} and every message version up to `newest`. Throws MisuseError for a version that no host has. */
export function offerUpTo(newest: KvpVersionName): VersionLists {
  requireChoice('the newest KVP version that a host offers', newest, KVP_VERSION_NAMES);
  const limit = HOST_MESSAGE_VERSIONS[newest];
  return {
    frameworks: [...FRAMEWORK_VERSIONS],
    messages: Object.values(HOST_MESSAGE_VERSIONS).filter((each) => compareVersions(each, limit) <= 0),
  };
}
