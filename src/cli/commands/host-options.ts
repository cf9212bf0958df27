/** What every `hv-kvp host` command that talks to a running host has in common. */
import { Command } from 'commander';
import { callControl, defaultControlPath } from '../../host/index.js';
import { printable, printJson, printLine } from '../output.js';
import { sayingWhatFor } from '../waiting.js';

export interface ControlOptions {
  control?: string;
  json?: true;
}

export function controlCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--control <socket>', "the host's control socket", defaultControlPath())
    .option('--json', 'one JSON object');
}

/** Sends the command to the running host. Throws what the host says. */
export function ask(options: ControlOptions, command: string, given: object = {}): Promise<unknown> {
  const path = options.control ?? defaultControlPath();
  return sayingWhatFor(callControl(path, command, given), () => whatTheHostWaitsFor(path));
}

/** What `status` tells of a request that the guest has not answered. */
export interface PendingStatus {
  request: { operation: string; pool?: string; key?: string; ms: number; limitMs: number } | null;
  waiting: number;
}

export function pendingText({ request, waiting }: PendingStatus): string | undefined {
  if (request === null) return undefined;
  const { operation, pool, key, ms, limitMs } = request;
  const seconds = (milliseconds: number) => `${Math.round(milliseconds / 100) / 10} s`;
  const what = [operation, ...(key === undefined ? [] : [`"${printable(key)}"`]), ...(pool ? [`(pool ${pool})`] : [])];
  const behind = waiting === 0 ? '' : `; ${waiting} more ${waiting === 1 ? 'waits' : 'wait'} behind it`;
  return `${what.join(' ')}, for ${seconds(ms)} of at most ${seconds(limitMs)}${behind}`;
}

async function whatTheHostWaitsFor(path: string): Promise<string> {
  const host = `the host at ${path}`;
  try {
    const { pending } = (await callControl(path, 'status')) as { pending: PendingStatus };
    const text = pendingText(pending);
    return text === undefined ? host : `the guest to answer ${text}`;
  } catch {
    return host;
  }
}

export interface ShownItem {
  key: string;
  value: string | number | { u64: string };
}

export function printItems(items: readonly ShownItem[], { json }: ControlOptions): void {
  if (json) printJson({ items });
  else for (const item of items) printLine(`${printable(item.key)}\t${shown(item)}`);
}

export const shown = ({ value }: Pick<ShownItem, 'value'>): string =>
  printable(typeof value === 'object' ? value.u64 : String(value));

/** The host's answers are this package's own; their shape is checked where the socket is read. */
export const asItems = (result: unknown): ShownItem[] => result as ShownItem[];
