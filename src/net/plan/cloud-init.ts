/**
 * cloud-init writes the network files that it generated anew, on some clouds at every start: a change of one of them
 * would be gone then. Such a file says itself what has to stand beside it to keep a change.
 */
import { basename } from 'node:path';
import type { FileChange } from '../backends/backend.js';
import type { ConfigFiles } from '../config-files.js';

const CONFIG = '/etc/cloud/cloud.cfg';
const CONFIG_FOLDER = '/etc/cloud/cloud.cfg.d';
/** The name that cloud-init's own comment proposes. */
export const CLOUD_INIT_SWITCH = `${CONFIG_FOLDER}/99-disable-network-config.cfg`;
const SWITCH_TEXT = '# Else the network changes that hv-kvp made would be lost.\nnetwork: {config: disabled}\n';

const IS_SWITCH =
  /^network:[ \t]*(?:\{[ \t]*config:[ \t]*["']?disabled["']?[ \t]*\}|\n[ \t]+config:[ \t]*["']?disabled)/m;
/** In the comments that its renderers put in front. */
const IN_COMMENT = /^#.*cloud-init/im;

/** What has to change too, so that `changes` outlive the next start; none where they do already. */
export function changesForCloudInit(files: ConfigFiles, changes: readonly FileChange[]): FileChange[] {
  if (!changes.some(isOfCloudInit) || !files.exists(CONFIG) || leavesNetworkAlone(files)) return [];
  const before = files.settings(CLOUD_INIT_SWITCH);
  return [{ path: CLOUD_INIT_SWITCH, before, after: `${before ?? ''}${SWITCH_TEXT}`, mode: 0o644 }];
}

const isOfCloudInit = ({ path, before }: FileChange): boolean =>
  before !== undefined && (basename(path).includes('cloud-init') || IN_COMMENT.test(before));

function leavesNetworkAlone(files: ConfigFiles): boolean {
  if (files.exists('/etc/cloud/cloud-init.disabled')) return true;
  return [CONFIG, ...files.list(CONFIG_FOLDER, '.cfg')].some((path) => IS_SWITCH.test(files.settings(path) ?? ''));
}
