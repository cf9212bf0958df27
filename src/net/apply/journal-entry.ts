/**
 * What is written down before a network configuration is touched, and how it is read again: with distrust, since it
 * says which files to overwrite and which manager's programs to start.
 */
import { posix } from 'node:path';
import { BACKEND_NAMES, type BackendName, type FileChange, type TargetInterface } from '../backends/backend.js';
import type { IpConfiguration } from '../configuration.js';
import { configurationProblem } from '../configuration-problem.js';
import { isInterfaceName, isMacAddress } from '../plan/target.js';

export interface JournalEntry {
  backend: BackendName;
  target: TargetInterface;
  /** What was there. */
  present: IpConfiguration;
  wanted: IpConfiguration;
  files: FileChange[];
  /** The boot of the machine in which it was written (random/boot_id); '' where the system has none. */
  boot: string;
}

const FORMAT = 1;
/** The longest journal; several whole configuration files fit. */
export const MAX_JOURNAL_BYTES = 8 * 1024 * 1024;
const MAX_FILES = 64;

/** Where files of managers lie. Nothing else is ever written for a journal's sake. */
const FOLDERS = [
  '/etc/NetworkManager/',
  '/etc/systemd/network/',
  '/etc/netplan/',
  '/etc/network/',
  '/etc/resolvconf/',
  '/etc/dhcp/dhclient-enter-hooks.d/',
  '/etc/sysconfig/network-scripts/',
  '/etc/sysconfig/network/',
  '/run/NetworkManager/system-connections/',
];
/** What the stock script is given. */
const SCRIPT_FILE = /^\/var\/lib\/hyperv\/(ifcfg-[^/]+|[^/]+\.nmconnection)$/;
/** Of rc(8) those that belong to the network. */
const RC_FILE = /^(?:\/usr\/local)?\/etc\/rc\.conf\.d\/(?:network|netif|routing)(?:\/[^/]+)?$/;
const FILES = [
  '/etc/resolv.conf',
  '/etc/resolvconf.conf',
  '/etc/sysconfig/network',
  '/etc/rc.conf',
  '/etc/rc.conf.local',
  '/etc/cloud/cloud.cfg.d/99-disable-network-config.cfg',
];

export const journalText = (entry: JournalEntry): string => `${JSON.stringify({ format: FORMAT, ...entry })}\n`;

/** Undefined for anything but what `journalText` makes. */
export function readJournalText(text: string): JournalEntry | undefined {
  let entry: Unknown<JournalEntry> & { format?: unknown };
  try {
    entry = recordOf(JSON.parse(text));
  } catch {
    return undefined;
  }
  const { backend, target, present, wanted, files, boot } = entry;
  const valid =
    entry.format === FORMAT &&
    BACKEND_NAMES.some((name) => name === backend) &&
    isTarget(recordOf(target)) &&
    isConfiguration(recordOf(present)) &&
    isConfiguration(recordOf(wanted)) &&
    Array.isArray(files) &&
    files.length <= MAX_FILES &&
    files.every((file) => isFileChange(recordOf(file))) &&
    typeof boot === 'string' &&
    /^[0-9a-f-]{0,36}$/.test(boot);
  return valid ? ({ backend, target, present, wanted, files, boot } as JournalEntry) : undefined;
}

type Unknown<T> = { [K in keyof T]?: unknown };

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** Nothing that a program could take for an option. */
const isTarget = ({ name, index, mac }: Unknown<TargetInterface>) =>
  typeof name === 'string' &&
  isInterfaceName(name) &&
  !name.startsWith('-') &&
  Number.isInteger(index) &&
  (mac === undefined || (typeof mac === 'string' && isMacAddress(mac)));

const isConfiguration = (value: Unknown<IpConfiguration>) => configurationProblem(value) === undefined;

function isFileChange({ path, before, after, mode }: Unknown<FileChange>): boolean {
  return (
    typeof path === 'string' &&
    isConfigurationPath(path) &&
    isTextOrNothing(before) &&
    isTextOrNothing(after) &&
    typeof mode === 'number' &&
    Number.isInteger(mode) &&
    mode >= 0 &&
    mode <= 0o777
  );
}

const isTextOrNothing = (text: unknown) => text === undefined || typeof text === 'string';

const isConfigurationPath = (path: string) =>
  posix.normalize(path) === path &&
  !path.includes('\0') &&
  (FILES.includes(path) ||
    SCRIPT_FILE.test(path) ||
    RC_FILE.test(path) ||
    FOLDERS.some((folder) => path.startsWith(folder) && path !== folder));
