/** What can be wrong with a pool's records. */
import { isUtf8 } from 'node:buffer';
import { GUEST_KEY_UNITS, GUEST_VALUE_UNITS, KEY_BYTES, RECORD_BYTES, RECORD_VALUE, VALUE_BYTES } from '../wire/kvp.js';
import { endsInsideCharacter, KeyUses } from './key-uses.js';
import { decodeText, keyText, sameBytes, valueText } from './record.js';

/**
 * - stale-tail: bytes behind the NUL of a field, which careless readers take for text and which may be old secrets
 * - empty-slot: a record without text
 * - duplicate: an earlier record has the same key; the stock daemon never looks at this one. A part that continues an
 *   event of azure-init is none
 * - case-twin: an earlier key differs in case only; Windows shows one of them
 * - unterminated: a field is full and has no NUL
 * - invalid-utf8: the stock driver ends a host's enumeration here
 * - cut-text: UTF-8 that ends inside a character, as texts do that were cut to fit, and no later record continues it
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
  | 'cut-text'
  | 'over-limit'
  | 'partial-record';

export interface Finding {
  kind: FindingKind;
  /** Of the record. */
  index: number;
  key: string;
  detail: string;
}

type Report = (kind: FindingKind, detail: string) => void;

/** Reads records in file order; the last call may end with a partial record. */
export class Checker {
  readonly #findings: Finding[] = [];
  readonly #folded = new Map<string, { index: number; key: string }>();
  readonly #cutKeys: { index: number; key: Uint8Array }[] = [];
  readonly keys = new KeyUses();

  look(bytes: Uint8Array, firstIndex: number): void {
    for (let at = 0, index = firstIndex; at < bytes.length; at += RECORD_BYTES, index++) {
      const record = bytes.subarray(at, at + RECORD_BYTES);
      if (record.length < RECORD_BYTES) this.#partial(record, index);
      else this.#record(record, index);
    }
  }

  /** In the order of the records. */
  findings(): Finding[] {
    const cuts = this.keys.cutValues().map(({ index, key }): Finding => {
      return { kind: 'cut-text', index, key: decodeText(key), detail: 'the value ends inside a character' };
    });
    return [...this.#findings, ...cuts].sort((left, right) => left.index - right.index);
  }

  /** Records of which the key or the value ends inside a character. */
  cutTexts(): { index: number; key: Uint8Array }[] {
    return [...this.#cutKeys, ...this.keys.cutValues()];
  }

  #partial(bytes: Uint8Array, index: number): void {
    const detail = `${bytes.length} bytes behind the last whole record`;
    this.#findings.push({ kind: 'partial-record', index, key: decodeText(keyText(bytes)), detail });
  }

  #record(record: Uint8Array, index: number): void {
    const [keyBytes, valueBytes] = [keyText(record), valueText(record)];
    const key = decodeText(keyBytes);
    const found: Report = (kind, detail) => this.#findings.push({ kind, index, key, detail });

    const tail = staleBytes(record, keyBytes.length, valueBytes.length);
    if (tail > 0) found('stale-tail', `${tail} bytes behind the NUL`);
    if (keyBytes.length === 0 && valueBytes.length === 0) {
      found('empty-slot', 'neither key nor value');
      return;
    }
    if (keyBytes.length === KEY_BYTES) found('unterminated', 'the key fills its field');
    if (valueBytes.length === VALUE_BYTES) found('unterminated', 'the value fills its field');
    if (endsInsideCharacter(keyBytes)) {
      found('cut-text', 'the key ends inside a character');
      this.#cutKeys.push({ index, key: new Uint8Array(keyBytes) });
    } else if (!isUtf8(keyBytes)) {
      found('invalid-utf8', 'the key is not UTF-8');
    }
    this.#use(keyBytes, valueBytes, index, found);
    const units = decodeText(valueBytes).length;
    if (key.length > GUEST_KEY_UNITS) found('over-limit', `a key of ${key.length} UTF-16 units`);
    if (units > GUEST_VALUE_UNITS) found('over-limit', `a value of ${units} UTF-16 units`);
    this.#fold(key, index, found);
  }

  #use(key: Uint8Array, value: Uint8Array, index: number, found: Report): void {
    const { isUtf8: isText, first } = this.keys.add(key, value, index);
    if (!isText) found('invalid-utf8', 'the value is not UTF-8');
    if (first !== undefined) found('duplicate', `record ${first} has this key`);
  }

  #fold(key: string, index: number, found: Report): void {
    const folded = key.toLowerCase();
    const other = this.#folded.get(folded);
    if (other === undefined) this.#folded.set(folded, { index, key });
    else if (other.key !== key) found('case-twin', `record ${other.index} has the key ${other.key}`);
  }
}

const ZEROS = new Uint8Array(RECORD_BYTES);

/** Bytes that are not zero and stand behind the text of their field. */
function staleBytes(record: Uint8Array, keyLength: number, valueLength: number): number {
  const count = (bytes: Uint8Array) =>
    sameBytes(bytes, ZEROS.subarray(0, bytes.length)) ? 0 : bytes.reduce((sum, byte) => sum + (byte && 1), 0);
  return count(record.subarray(keyLength, RECORD_VALUE)) + count(record.subarray(RECORD_VALUE + valueLength));
}
