/**
 * What is written down before a network configuration is touched, and how it is read again: with distrust, since it
 * says which files to overwrite and which manager's programs to start.
 */
import { posix } from 'node:path';
import type { FileChange, TargetInterface } from '../backends/backend.js';
import { BACKENDS } from '../backends/index.js';
import type { IpConfiguration } from '../configuration.js';
import { configurationProblem } from '../configuration-problem.js';
import { CLOUD_INIT_SWITCH } from '../plan/cloud-init.js';
import { isInterfaceName, isMacAddress } from '../plan/target.js';
import type { KernelState } from './kernel-state.js';

/** What is found before a change beside the configuration. */
export interface BeforeChange {
  /** What the running system had of the interface; undefined where nobody could tell, and after another boot. */
  kernel?: KernelState | undefined;
  /** A DHCP client ran that the change may have ended; undefined where the manager has its own. */
  hadClient?: boolean | undefined;
  /** The name of the manager's own way back, which is armed. */
  safeguard?: string | undefined;
}

export interface JournalEntry extends BeforeChange {
  /** Its name. */
  backend: string;
  target: TargetInterface;
  /** What was there. */
  present: IpConfiguration;
  wanted: IpConfiguration;
  files: FileChange[];
  /** The boot of the machine in which it was written (random/boot_id); '' where the system has none. */
  boot: string;
}

/** An object's path on the message bus: what a program is given is no more than that. */
const SAFEGUARD = /^(?:\/[A-Za-z0-9_]{1,64}){1,8}$/;
const FORMAT = 1;
/** The longest journal; several whole configuration files fit. */
export const MAX_JOURNAL_BYTES = 8 * 1024 * 1024;
const MAX_FILES = 64;
const MAX_MESSAGES = 8_192;

/** Beside what the managers' backends own: nothing else is ever written for a journal's sake. */
const isOwned = (path: string) => path === CLOUD_INIT_SWITCH || BACKENDS.some((backend) => backend.owns(path));

export const journalText = (entry: JournalEntry): string => `${JSON.stringify({ format: FORMAT, ...entry })}\n`;

/** Undefined for anything but what `journalText` makes. */
export function readJournalText(text: string): JournalEntry | undefined {
  let entry: Unknown<JournalEntry> & { format?: unknown };
  try {
    entry = recordOf(JSON.parse(text));
  } catch {
    return undefined;
  }
  const { backend, target, present, wanted, files, kernel, hadClient, safeguard, boot } = entry;
  const valid =
    entry.format === FORMAT &&
    BACKENDS.some(({ name }) => name === backend) &&
    isTarget(recordOf(target)) &&
    isConfiguration(recordOf(present)) &&
    isConfiguration(recordOf(wanted)) &&
    Array.isArray(files) &&
    files.length <= MAX_FILES &&
    files.every((file) => isFileChange(recordOf(file))) &&
    (kernel === undefined || isKernelState(recordOf(kernel))) &&
    (hadClient === undefined || typeof hadClient === 'boolean') &&
    (safeguard === undefined || (typeof safeguard === 'string' && SAFEGUARD.test(safeguard))) &&
    typeof boot === 'string' &&
    /^[0-9a-f-]{0,36}$/.test(boot);
  const found = Object.entries({ kernel, hadClient, safeguard }).filter(([, value]) => value !== undefined);
  return valid
    ? ({ backend, target, present, wanted, files, boot, ...Object.fromEntries(found) } as JournalEntry)
    : undefined;
}

type Unknown<T> = { [K in keyof T]?: unknown };

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** Nothing that a program could take for an option. */
const isTarget = ({ name, index, mac, permanentMac, kind }: Unknown<TargetInterface>) =>
  typeof name === 'string' &&
  isInterfaceName(name) &&
  !name.startsWith('-') &&
  Number.isInteger(index) &&
  isMacOrNothing(mac) &&
  isMacOrNothing(permanentMac) &&
  (kind === undefined || (typeof kind === 'string' && /^[\w.-]{1,32}$/.test(kind)));

const isMacOrNothing = (mac: unknown) => mac === undefined || (typeof mac === 'string' && isMacAddress(mac));

const isConfiguration = (value: Unknown<IpConfiguration>) => configurationProblem(value) === undefined;

/** What the messages say is checked when they are used: only those of the interface itself are. */
const isKernelState = ({ takenAt, addresses, routes }: Unknown<KernelState>): boolean =>
  Number.isFinite(takenAt) && [addresses, routes].every(isListOfMessages);

const isListOfMessages = (list: unknown): boolean =>
  Array.isArray(list) &&
  list.length <= MAX_MESSAGES &&
  list.every((text) => typeof text === 'string' && /^[A-Za-z0-9+/]{8,8192}={0,2}$/.test(text));

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

const isConfigurationPath = (path: string) => posix.normalize(path) === path && !path.includes('\0') && isOwned(path);
