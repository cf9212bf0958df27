/** Protocol versions: framework 1.0 and 3.0, KVP messages 1.0, 3.0, 4.0 and 5.0 (protocol.md 2.2). Any other pair of u16 is carried too. */
import { requireObject, requireText, requireUnsigned } from '../arguments.js';
import { MisuseError } from '../errors.js';
import { VERSION_BYTES } from '../wire/payload.js';
import { readU16, writeU16 } from './bytes.js';

export interface Version {
  major: number;
  minor: number;
}

export function version(major: number, minor = 0): Version {
  const made = { major, minor };
  requireVersion('version', made);
  return made;
}

/** Ascending, as hosts offer them. */
export const FRAMEWORK_VERSIONS: readonly Version[] = [version(1), version(3)];
/** Ascending, as hosts offer them. The IP block changes form at 5.0. */
export const MESSAGE_VERSIONS: readonly Version[] = [version(1), version(3), version(4), version(5)];
/** What every free guest agrees on with a current host. */
export const DEFAULT_FRAMEWORK: Version = version(3);
export const DEFAULT_MESSAGE_VERSION: Version = version(4);

/** Negative, zero or positive, like a sort function: major first, then minor. */
export function compareVersions(a: Version, b: Version): number {
  requireVersion('a', a);
  requireVersion('b', b);
  return a.major - b.major || a.minor - b.minor;
}

/** `{ major: 4, minor: 0 }` → "4.0". */
export function formatVersion(version: Version): string {
  requireVersion('version', version);
  return `${version.major}.${version.minor}`;
}

/** "4.0" → `{ major: 4, minor: 0 }`. Throws MisuseError for anything else than two decimal u16. */
export function parseVersion(text: string): Version {
  requireText('version', text);
  const [major, minor] = /^\d{1,5}\.\d{1,5}$/.test(text) ? text.split('.').map(Number) : [];
  if (major === undefined || minor === undefined || major > 0xffff || minor > 0xffff)
    throw new MisuseError(`"${text}" is not a version such as 4.0`);
  return { major, minor };
}

/** From 5.0 on, IP blocks are binary. */
export function hasBinaryIp(version: Version): boolean {
  requireVersion('version', version);
  return version.major >= 5;
}

export const readVersion = (bytes: Uint8Array, at: number): Version => ({
  major: readU16(bytes, at),
  minor: readU16(bytes, at + 2),
});

export function readVersions(bytes: Uint8Array, at: number, count: number): Version[] {
  return Array.from({ length: count }, (_, index) => readVersion(bytes, at + index * VERSION_BYTES));
}

/** Throws MisuseError unless both numbers are u16. */
export function requireVersion(what: string, version: Version): void {
  requireObject(what, version);
  requireUnsigned(`${what}.major`, version.major, 16);
  requireUnsigned(`${what}.minor`, version.minor, 16);
}

export function writeVersion(bytes: Uint8Array, at: number, { major, minor }: Version): void {
  writeU16(bytes, at, major);
  writeU16(bytes, at + 2, minor);
}
