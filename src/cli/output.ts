/**
 * What commands print: data on standard output, talk on standard error. Everything passes through here, and everything
 * but `printRaw` is made safe for a terminal on the way.
 */
import { printableJson, printableLine } from '../printable.js';

export { printable } from '../printable.js';

/** One JSON object a line. */
export function printJson(value: unknown): void {
  process.stdout.write(`${printableJson(value)}\n`);
}

/** One line; tabs separate fields, which are made `printable` one by one where they may hold tabs. */
export function printLine(text: string): void {
  process.stdout.write(`${printableLine(text)}\n`);
}

/** Lines that line feeds separate, such as a table whose cells are printable. */
export function printLines(text: string): void {
  for (const line of text.split('\n')) printLine(line);
}

/** Exactly these bytes: what the caller asked for by name. */
export function printRaw(bytes: string | Uint8Array): void {
  process.stdout.write(bytes);
}

/** Something for the person at the terminal that is no data. */
export function talk(text: string): void {
  for (const line of text.split('\n')) process.stderr.write(`${printableLine(line)}\n`);
}

/** The same, with the name of the command before it. */
export const say = (text: string): void => talk(`hv-kvp: ${text}`);
