/** Mends what `check` finds, as far as that needs no guess. */
import { isUtf8 } from 'node:buffer';
import { KEY_BYTES, RECORD_BYTES, VALUE_BYTES } from '../wire/kvp.js';
import type { Text } from './arguments.js';
import type { Checker } from './check.js';
import { keyBytesOf } from './entry.js';
import type { Rewrite } from './move-down.js';
import { decodeText, encodeRecord, keyText, sameBytes, valueText } from './record.js';

export interface RepairOptions {
  /**
   * Which of several values of one key stays, for the keys in `keys`. Default 'keep': all, since some writers repeat a key
   * on purpose.
   */
  duplicates?: 'keep' | 'first' | 'last';
  /** Puts U+FFFD where text is not UTF-8. Default false. */
  replaceInvalid?: boolean;
  /** Keys whose records may be changed although they stand several times or end inside a character. Default none. */
  keys?: Iterable<Text>;
}

/** What a repair makes of a pool: clean records, no empty slots, no partial record, and what the options ask for. */
export function mending(checker: Checker, options: RepairOptions): Rewrite {
  const { dropped, spared } = choice(checker, options);
  return (bytes, offset) => {
    const kept: Uint8Array[] = [];
    for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
      const index = (offset + at) / RECORD_BYTES;
      const [key, value] = [keyText(bytes, at), valueText(bytes, at)];
      if (dropped.has(index) || (key.length === 0 && value.length === 0)) continue;
      kept.push(
        spared.has(index) ? bytes.subarray(at, at + RECORD_BYTES) : clean(key, value, options.replaceInvalid ?? false),
      );
    }
    return Buffer.concat(kept);
  };
}

/** Records that go, and records that stay as they are to the last byte. */
function choice(checker: Checker, { duplicates = 'keep', keys = [] }: RepairOptions) {
  const named = Array.from(keys, keyBytesOf);
  const isNamed = (key: Uint8Array) => named.some((name) => sameBytes(name, key));
  const [dropped, spared] = [new Set<number>(), new Set<number>()];
  const add = (set: Set<number>, indices: readonly number[]) => {
    for (const index of indices) set.add(index);
  };
  for (const { key, values } of checker.keys.repeated()) {
    if (!isNamed(key)) add(spared, values.flat());
    else if (duplicates === 'first') add(dropped, values.slice(1).flat());
    else if (duplicates === 'last') add(dropped, values.slice(0, -1).flat());
  }
  for (const { index, key } of checker.cutTexts()) if (!isNamed(key)) spared.add(index);
  return { dropped, spared };
}

function clean(key: Uint8Array, value: Uint8Array, replaceInvalid: boolean): Uint8Array {
  return replaceInvalid
    ? encodeRecord(validText(key, KEY_BYTES), validText(value, VALUE_BYTES))
    : encodeRecord(key, value);
}

/** U+FFFD takes more bytes than what it replaces: what no longer fits is cut at a character's end. */
function validText(bytes: Uint8Array, fieldBytes: number): Uint8Array {
  if (isUtf8(bytes)) return bytes;
  const text = Buffer.from(decodeText(bytes), 'utf8');
  let end = Math.min(text.length, fieldBytes - 1);
  while (end < text.length && (text[end]! & 0xc0) === 0x80) end--;
  return text.subarray(0, end);
}
