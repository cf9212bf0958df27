/** A file that cannot be read as what it is meant to be. */
import { KvpError } from '../errors.js';

/** ERR_NET_FILE: which file, in which line where one can be told, and what is wrong. Lines count from 1. */
export function fileError(
  path: string,
  reason: string,
  { line, cause }: { line?: number | undefined; cause?: unknown } = {},
) {
  const place = line === undefined ? path : `${path}, line ${line}`;
  return new KvpError('ERR_NET_FILE', { detail: `${place}: ${reason}`, cause });
}

/** Of what stands at this place of a text. */
export const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length;
