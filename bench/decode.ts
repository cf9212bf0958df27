/**
 * Payloads that stand in engine memory → records and texts: once as a view of which no string is read, once with every
 * key and value read. `js-slices` makes each string with a native slice of its own, the fastest way without an arena.
 */
import { encodeKvpRequest } from 'hv-kvp/codec';
import { type Engine, table } from '#internal';
import { BATCHES, memcpy, onEngines } from './contenders.js';
import { agree, type Contender, time } from './contest.js';
import type { Row } from './row.js';
import { TEXTS, type TextClass, VARIANTS } from './texts.js';

const SUITE = 'decode';
const MOST = 1024;
const STRIDE = 2624;
const PAYLOAD_BYTES = 2608;
/** Beyond 128 KiB a string becomes three times slower to make. */
const ARENA_UNITS = 32 * 1024;

interface Message {
  operation: number;
  pool: number;
  key: string;
  value: string;
}
type Sink = (message: Message) => void;

interface Fixture {
  view?(batch: number): void;
  read(batch: number, sink: Sink): void;
}

function payloadsOf({ keys, values }: TextClass): Uint8Array[] {
  const variants = Array.from({ length: VARIANTS }, (_, i) =>
    encodeKvpRequest({ operation: 1, pool: 0, key: keys[i]!, value: { type: 1, text: values[i]! } }),
  );
  return Array.from({ length: MOST }, (_, i) => variants[i % VARIANTS]!);
}

function engineFixture(engine: Engine, payloads: readonly Uint8Array[]): Fixture {
  const { memory } = engine;
  const { i32 } = memory;
  const sources = memory.allocate(MOST * STRIDE);
  const packets = memory.allocate(MOST * table.PACKET_RECORD_BYTES);
  const records = memory.allocate(MOST * table.DECODED_RECORD_BYTES);
  const arena = memory.allocate(2 * ARENA_UNITS);
  const arenaBytes = Buffer.from(arena.view.buffer, arena.address, 2 * ARENA_UNITS);
  for (const [i, payload] of payloads.entries()) {
    sources.view.set(payload, i * STRIDE);
    const packet = (packets.address + i * table.PACKET_RECORD_BYTES) >> 2;
    i32[packet + table.PACKET_PAYLOAD / 4] = sources.address + i * STRIDE;
    i32[packet + table.PACKET_PAYLOAD_BYTES / 4] = payload.length;
  }
  /** Decodes as much as the arena has room for; returns how many. */
  const decode = (first: number, count: number): number =>
    engine.decodeBatch(
      packets.address + first * table.PACKET_RECORD_BYTES,
      count,
      records.address,
      arena.address,
      ARENA_UNITS,
    );
  const word = (i: number, field: number): number =>
    i32[(records.address + i * table.DECODED_RECORD_BYTES + field) >> 2]!;
  return {
    view(batch) {
      for (let done = 0; done < batch; ) done += decode(done, batch - done);
    },
    read(batch, sink) {
      for (let done = 0; done < batch; ) {
        const count = decode(done, batch - done);
        done += count;
        const units = word(count - 1, table.DECODED_VALUE) + word(count - 1, table.DECODED_VALUE_UNITS);
        const text = arenaBytes.toString('utf16le', 0, 2 * units);
        for (let i = 0; i < count; i++) {
          const key = word(i, table.DECODED_KEY);
          const value = word(i, table.DECODED_VALUE);
          sink({
            operation: word(i, table.DECODED_OPERATION),
            pool: word(i, table.DECODED_POOL),
            key: text.substring(key, key + word(i, table.DECODED_KEY_UNITS)),
            value: text.substring(value, value + word(i, table.DECODED_VALUE_UNITS)),
          });
        }
      }
    },
  };
}

/** Integer views over one buffer, texts ended by a loop, two native slices a message. */
function slicesFixture(payloads: readonly Uint8Array[]): Fixture {
  const bytes = Buffer.from(new ArrayBuffer(MOST * STRIDE));
  for (const [i, payload] of payloads.entries()) bytes.set(payload, i * STRIDE);
  const units = new Uint16Array(bytes.buffer);
  const words = new Int32Array(bytes.buffer);
  const text = (at: number, stated: number): string => {
    let end = at;
    const last = at + stated;
    for (let unit = at >> 1; end < last && units[unit] !== 0; unit++) end += 2;
    return bytes.toString('utf16le', at, end);
  };
  return {
    read(batch, sink) {
      for (let i = 0, at = 0; i < batch; i++, at += STRIDE) {
        sink({
          operation: bytes[at + 28]!,
          pool: bytes[at + 29]!,
          key: text(at + 44, Math.min(words[(at + 36) >> 2]!, 512)),
          value: text(at + 556, Math.min(words[(at + 40) >> 2]!, 2048)),
        });
      }
    },
  };
}

function nodeFixture(payloads: readonly Uint8Array[]): Fixture {
  const decoder = new TextDecoder('utf-16le', { ignoreBOM: true });
  const text = (payload: Uint8Array, at: number, stated: number): string => {
    const decoded = decoder.decode(payload.subarray(at, at + stated));
    const end = decoded.indexOf('\0');
    return end < 0 ? decoded : decoded.slice(0, end);
  };
  return {
    read(batch, sink) {
      for (let i = 0; i < batch; i++) {
        const payload = payloads[i]!;
        const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
        sink({
          operation: view.getUint8(28),
          pool: view.getUint8(29),
          key: text(payload, 44, view.getUint32(36, true)),
          value: text(payload, 556, view.getUint32(40, true)),
        });
      }
    },
  };
}

function outcomeOf(fixture: Fixture): Uint8Array {
  const messages: Message[] = [];
  fixture.read(MOST, (message) => messages.push(message));
  return Buffer.from(JSON.stringify(messages));
}

export function decode(quick: boolean): Row[] {
  return TEXTS.flatMap((text) => {
    const payloads = payloadsOf(text);
    const fixtures = onEngines((engine) => engineFixture(engine, payloads));
    fixtures.set('js-slices', slicesFixture(payloads));
    fixtures.set('node', nodeFixture(payloads));
    agree(SUITE, new Map([...fixtures].map(([name, fixture]) => [name, outcomeOf(fixture)])));
    let last: Message | undefined;
    const sink: Sink = (message) => {
      last = message;
    };
    const rows = BATCHES(quick).flatMap((batch) => {
      const limit = memcpy(batch * PAYLOAD_BYTES);
      const readers: Contender[] = [...fixtures].map(([name, { read }]) => ({ name, run: () => read(batch, sink) }));
      const viewers = [...fixtures].flatMap(([name, { view }]): Contender[] =>
        view === undefined ? [] : [{ name, run: () => view(batch) }],
      );
      // Without strings there is no faster way in JavaScript than the twin's; with them there is one.
      return [
        ...time(
          {
            suite: SUITE,
            params: { text: text.name, batch, read: 'nothing' },
            operations: batch,
            contenders: [...viewers, limit],
          },
          quick,
        ),
        ...time(
          {
            suite: SUITE,
            params: { text: text.name, batch, read: 'all' },
            operations: batch,
            contenders: [...readers, limit],
          },
          quick,
        ),
      ];
    });
    if (last === undefined) throw new Error('nothing was read');
    return rows;
  });
}
