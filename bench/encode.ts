/** Keys and values as JavaScript strings → request payloads, through the codec's own batch call. */
import { createCodec, type EncodeItem } from 'hv-kvp/codec';
import { BATCHES, ENGINES, memcpy } from './contenders.js';
import { agree, type Contender, time } from './contest.js';
import type { Row } from './row.js';
import { TEXTS, type TextClass, VARIANTS } from './texts.js';

const SUITE = 'encode';
const PAYLOAD_BYTES = 2608;
const VERSIONS = { framework: { major: 3, minor: 0 }, version: { major: 4, minor: 0 } };

type Item = EncodeItem & { key: string; value: string };

const itemsOf = ({ keys, values }: TextClass, batch: number): Item[] =>
  Array.from({ length: batch }, (_, i) => ({
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

export function encode(quick: boolean): Row[] {
  return TEXTS.flatMap((text) =>
    BATCHES(quick).flatMap((batch) => {
      const items = itemsOf(text, batch);
      const encoders = new Map<string, () => Uint8Array[]>();
      for (const engine of ENGINES) {
        const codec = createCodec({ engine });
        encoders.set(engine, () => codec.encodeBatch(items, VERSIONS));
      }
      encoders.set('node', () => nodeEncode(items));
      agree(SUITE, new Map([...encoders].map(([name, run]) => [name, Buffer.concat(run())])));
      const contenders: Contender[] = [...encoders].map(([name, run]) => ({ name, run: () => void run() }));
      contenders.push(memcpy(batch * PAYLOAD_BYTES));
      return time({ suite: SUITE, params: { text: text.name, batch }, operations: batch, contenders }, quick);
    }),
  );
}
