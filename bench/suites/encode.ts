/** Keys and values as JavaScript strings → request payloads, through the codec's own batch call. */
import { createCodec, type EncodeItem } from 'hv-kvp/codec';
import type { Entrant, Suite } from '../harness/suite.js';
import { AUTO, batches, engineOf, isEngine, kernelsFor, memcpy, onlySingle, recordsInUse } from './entrants.js';
import { MOST, PAYLOAD_BYTES } from './host-to-daemon-entrants.js';
import { TEXTS, type TextClass, textNamed, VARIANTS } from './texts.js';

const VERSIONS = { framework: { major: 3, minor: 0 }, version: { major: 4, minor: 0 } };

type Item = EncodeItem & { key: string; value: string };

const itemsOf = ({ keys, values }: TextClass): Item[] =>
  Array.from({ length: MOST }, (_, i) => ({
    operation: 1,
    pool: 0,
    key: keys[i % VARIANTS]!,
    value: values[i % VARIANTS]!,
  }));

/** With Buffer alone, as most people would write it. */
function nodeEncode(items: readonly Item[]): Buffer[] {
  return items.map(({ operation, pool, key, value }) => {
    const payload = Buffer.alloc(PAYLOAD_BYTES);
    payload.writeUInt32LE(1, 0);
    payload.writeUInt32LE(PAYLOAD_BYTES - 8, 4);
    payload.writeUInt16LE(3, 8);
    payload.writeUInt16LE(2, 12);
    payload.writeUInt16LE(4, 14);
    payload.writeUInt16LE(2580, 18);
    payload[25] = 3;
    payload[28] = operation;
    payload[29] = pool;
    payload.writeUInt32LE(1, 32);
    payload.writeUInt32LE(payload.write(key, 44, 'utf16le') + 2, 36);
    payload.writeUInt32LE(payload.write(value, 556, 'utf16le') + 2, 40);
    return payload;
  });
}

/** The results stay reachable, so that no compiler leaves their making out. */
let last: readonly Uint8Array[] = [];

function entrant(items: readonly Item[], encodeAll: (items: readonly Item[]) => Uint8Array[]): Entrant {
  return {
    outcome: () => Buffer.concat(encodeAll(items)),
    round({ batch }) {
      const records = recordsInUse(Number(batch));
      const parts = Array.from({ length: records / Number(batch) }, (_, i) =>
        items.slice(i * Number(batch), (i + 1) * Number(batch)),
      );
      return {
        operations: records,
        run() {
          for (const part of parts) last = encodeAll(part);
        },
      };
    },
  };
}

export const encode: Suite = {
  name: 'encode',
  contenders: (cases) => [...kernelsFor(cases), 'node', 'memcpy'],
  groups: (quick) =>
    (quick ? TEXTS.slice(0, 3) : TEXTS).map(({ name: text }) => batches(quick, 64).map((batch) => ({ text, batch }))),
  enter(contender, { text }) {
    if (contender === 'memcpy') return memcpy(MOST, PAYLOAD_BYTES);
    const items = itemsOf(textNamed(text));
    if (!isEngine(contender)) return entrant(items, nodeEncode);
    const codec = createCodec({ on: engineOf(contender) });
    const own = entrant(items, (some) => codec.encodeBatch(some, VERSIONS));
    return contender === AUTO ? onlySingle(own) : own;
  },
};

/** What was encoded last, for whoever wants to see that something was. */
export const lastEncoded = (): readonly Uint8Array[] => last;
