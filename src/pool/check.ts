/** What can be wrong with a pool's records, found and mended. */
import { isUtf8 } from 'node:buffer';
import { GUEST_KEY_UNITS, GUEST_VALUE_UNITS, KEY_BYTES, RECORD_BYTES, RECORD_VALUE, VALUE_BYTES } from '../wire/kvp.js';
import type { Rewrite } from './changes.js';
import { decodeText, encodeRecord, keyText, valueText } from './record.js';

/**
 * - stale-tail: bytes behind the NUL of a field, which careless readers take for text and which may be old secrets
 * - empty-slot: a record without text
 * - duplicate: an earlier record has the same key; the stock daemon never looks at this one
 * - case-twin: an earlier key differs in case only; Windows shows one of them
 * - unterminated: a field is full and has no NUL
 * - invalid-utf8: the stock driver ends a host's enumeration here
 * - over-limit: longer than the stock driver shows to a host (254 and 1,022 UTF-16 units)
 * - partial-record: bytes behind the last whole record
 */
export type FindingKind =
  | 'stale-tail'
  | 'empty-slot'
  | 'duplicate'
  | 'case-twin'
  | 'unterminated'
  | 'invalid-utf8'
  | 'over-limit'
  | 'partial-record';

export interface Finding {
  kind: FindingKind;
  /** Of the record. */
  index: number;
  key: string;
  detail: string;
}

export interface RepairOptions {
  /** Which of several records with one key stays. Default 'keep': all, since some writers repeat a key on purpose. */
  duplicates?: 'keep' | 'first' | 'last';
  /** Puts U+FFFD where text is not UTF-8. Default false. */
  replaceInvalid?: boolean;
}

/** Reads records in file order; the last call may end with a partial record. */
export class Checker {
  readonly findings: Finding[] = [];
  readonly #seen = new Map<string, number>();
  readonly #folded = new Map<string, { index: number; key: string }>();
  /** Slots by key, of keys that occur more than once. */
  readonly #twins = new Map<string, number[]>();

  look(bytes: Uint8Array, firstIndex: number): void {
    for (let at = 0, index = firstIndex; at < bytes.length; at += RECORD_BYTES, index++) {
      const record = bytes.subarray(at, at + RECORD_BYTES);
      if (record.length < RECORD_BYTES) this.#partial(record, index);
      else this.#record(record, index);
    }
  }

  /** Slots that a repair drops so that each key is there once. */
  surplus(which: 'first' | 'last'): Set<number> {
    const dropped = [...this.#twins.values()].flatMap((slots) =>
      which === 'first' ? slots.slice(1) : slots.slice(0, -1),
    );
    return new Set(dropped);
  }

  #partial(bytes: Uint8Array, index: number): void {
    const detail = `${bytes.length} bytes behind the last whole record`;
    this.findings.push({ kind: 'partial-record', index, key: decodeText(keyText(bytes)), detail });
  }

  #record(record: Uint8Array, index: number): void {
    const [keyBytes, valueBytes] = [keyText(record), valueText(record)];
    const key = decodeText(keyBytes);
    const found = (kind: FindingKind, detail: string) => this.findings.push({ kind, index, key, detail });

    const tail = staleBytes(record);
    if (tail > 0) found('stale-tail', `${tail} bytes behind the NUL`);
    if (keyBytes.length === 0 && valueBytes.length === 0) {
      found('empty-slot', 'neither key nor value');
      return;
    }
    if (keyBytes.length === KEY_BYTES) found('unterminated', 'the key fills its field');
    if (valueBytes.length === VALUE_BYTES) found('unterminated', 'the value fills its field');
    if (!isUtf8(keyBytes)) found('invalid-utf8', 'the key is not UTF-8');
    if (!isUtf8(valueBytes)) found('invalid-utf8', 'the value is not UTF-8');
    const units = decodeText(valueBytes).length;
    if (key.length > GUEST_KEY_UNITS) found('over-limit', `a key of ${key.length} UTF-16 units`);
    if (units > GUEST_VALUE_UNITS) found('over-limit', `a value of ${units} UTF-16 units`);
    this.#twin(keyBytes, key, index, found);
  }

  #twin(keyBytes: Uint8Array, key: string, index: number, found: (kind: FindingKind, detail: string) => void): void {
    const exact = Buffer.from(keyBytes).toString('latin1');
    const first = this.#seen.get(exact);
    if (first !== undefined) {
      found('duplicate', `record ${first} has this key`);
      this.#twins.set(exact, [...(this.#twins.get(exact) ?? [first]), index]);
      return;
    }
    this.#seen.set(exact, index);
    const folded = key.toLowerCase();
    const other = this.#folded.get(folded);
    if (other !== undefined) found('case-twin', `record ${other.index} has the key ${other.key}`);
    else this.#folded.set(folded, { index, key });
  }
}

/** Bytes that are not zero and stand behind the text of their field. */
function staleBytes(record: Uint8Array): number {
  const count = (from: number, to: number) => record.subarray(from, to).reduce((sum, byte) => sum + (byte && 1), 0);
  return count(keyText(record).length, RECORD_VALUE) + count(RECORD_VALUE + valueText(record).length, RECORD_BYTES);
}

/** What a repair makes of a pool: clean records, no empty slots, no partial record, and none of `dropped`. */
export function mending(dropped: ReadonlySet<number>, { replaceInvalid = false }: RepairOptions): Rewrite {
  return (bytes, offset) => {
    const kept: Uint8Array[] = [];
    for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
      const [key, value] = [keyText(bytes, at), valueText(bytes, at)];
      if (dropped.has((offset + at) / RECORD_BYTES) || (key.length === 0 && value.length === 0)) continue;
      kept.push(
        replaceInvalid
          ? encodeRecord(validText(key, KEY_BYTES), validText(value, VALUE_BYTES))
          : encodeRecord(key, value),
      );
    }
    return Buffer.concat(kept);
  };
}

/** U+FFFD takes more bytes than what it replaces: what no longer fits is cut at a character's end. */
function validText(bytes: Uint8Array, fieldBytes: number): Uint8Array {
  if (isUtf8(bytes)) return bytes;
  const text = Buffer.from(decodeText(bytes), 'utf8');
  let end = Math.min(text.length, fieldBytes - 1);
  while (end < text.length && (text[end]! & 0xc0) === 0x80) end--;
  return text.subarray(0, end);
}
