/** What every `hv-kvp host` command that talks to a running host has in common. */
import { Command } from 'commander';
import { callControl, defaultControlPath } from '../../host/index.js';
import { printable, printJson, printLine } from '../output.js';

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
  return callControl(options.control ?? defaultControlPath(), command, given);
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
