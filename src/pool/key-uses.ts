/** Which records have one key, and which of them are one value in parts. */
import { isUtf8 } from 'node:buffer';

/** azure-init splits an event after so many bytes, inside a character or not, and gives every part the same key. */
const PART_BYTES = 1_022;

interface Uses {
  key: Uint8Array;
  /** The records of each value, in file order. */
  values: number[][];
  /** The last record is as long as a part, so that the next with this key continues it. */
  goesOn: boolean;
  /** What the last record has of a character that it does not end. */
  rest: Uint8Array;
}

/** What a record is in the light of those before it. */
export interface Use {
  /** Together with the record that it continues, if it does. A character that does not end counts as text here. */
  isUtf8: boolean;
  /** The first record with the key, when this one begins another value of it. */
  first: number | undefined;
}

export class KeyUses {
  readonly #byKey = new Map<string, Uses>();
  /** Records whose value ends inside a character that no later record ends. */
  readonly #cut = new Map<number, Uint8Array>();

  /** The next record in file order. The key is kept. */
  add(key: Uint8Array, value: Uint8Array, index: number): Use {
    const name = Buffer.from(key).toString('latin1');
    const known = this.#byKey.get(name);
    const continues = known?.goesOn === true;
    const text = continues ? Buffer.concat([known.rest, value]) : value;
    const rest = new Uint8Array(text.subarray(text.length - bytesOfOpenCharacter(text)));
    const uses = known ?? { key: new Uint8Array(key), values: [], goesOn: false, rest };
    if (continues) {
      const last = uses.values.at(-1)!;
      this.#cut.delete(last.at(-1)!);
      last.push(index);
    } else {
      uses.values.push([index]);
    }
    uses.goesOn = value.length === PART_BYTES;
    uses.rest = rest;
    this.#byKey.set(name, uses);
    const valid = isUtf8(text.subarray(0, text.length - rest.length));
    if (rest.length > 0 && valid) this.#cut.set(index, uses.key);
    return { isUtf8: valid, first: uses.values.length > 1 && !continues ? uses.values[0]![0] : undefined };
  }

  cutValues(): { index: number; key: Uint8Array }[] {
    return [...this.#cut].map(([index, key]) => ({ index, key }));
  }

  /** For every key that stands in more than one record: the records of each of its values. */
  *repeated(): Generator<{ key: Uint8Array; values: readonly (readonly number[])[] }> {
    for (const { key, values } of this.#byKey.values()) {
      if (values.length > 1 || values[0]!.length > 1) yield { key, values };
    }
  }
}

/** UTF-8 but for a character at its end that is not complete. */
export function endsInsideCharacter(bytes: Uint8Array): boolean {
  const open = bytesOfOpenCharacter(bytes);
  return open > 0 && isUtf8(bytes.subarray(0, bytes.length - open));
}

/** How many bytes at the end begin a character that takes more. */
function bytesOfOpenCharacter(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 && byte <= 0xf4 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 1;
    return byte < 0xf5 && length > back ? back : 0;
  }
  return 0;
}
