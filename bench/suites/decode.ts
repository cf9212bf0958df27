/**
 * Payloads → messages: once as a view of which no string is read, once with every key and value read, and once the same
 * through `codec.decodeBatch`, which takes payloads from anywhere. `js-slices` makes each string with a native slice of
 * its own, the fastest way without an arena.
 */
import { createCodec } from 'hv-kvp/codec';
import { type Engine, table } from '#internal';
import type { Entrant, Params, Round, Suite } from '../harness/suite.js';
import { nodeReader, type Sink, slicesReader } from './decode-by-hand.js';
import { AUTO, batches, engineOf, isEngine, kernelsFor, memcpy, onlySingle, walk } from './entrants.js';
import { MOST, PAYLOAD_BYTES, payloadsOf } from './host-to-daemon-entrants.js';
import { TEXTS, textNamed } from './texts.js';

const STRIDE = 2624;
/** Beyond 128 KiB a string becomes three times slower to make. */
const ARENA_UNITS = 32 * 1024;

type Read = (first: number, count: number, sink: Sink) => void;
interface Readers {
  /** Decodes and reads nothing. */
  view?: (first: number, count: number) => void;
  all: Read;
  codec?: Read;
}

/** Payloads that stand in engine memory, as a drained ring has them. */
function engineReaders(engine: Engine, payloads: readonly Uint8Array[]): Readers {
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
  const codec = createCodec({ on: engine });
  return {
    view(first, count) {
      for (let done = 0; done < count; ) done += decode(first + done, count - done);
    },
    all(first, wanted, sink) {
      for (let done = 0; done < wanted; ) {
        const count = decode(first + done, wanted - done);
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
    codec(first, count, sink) {
      const decoded = codec.decodeBatch(payloads.slice(first, first + count));
      for (let i = 0; i < count; i++) {
        sink({
          operation: decoded.operation(i),
          pool: decoded.pool(i),
          key: decoded.key(i),
          value: decoded.value(i) as string,
        });
      }
    },
  };
}

/** The last message stays reachable, so that no compiler leaves its making out. */
let last: unknown;
const keep: Sink = (message) => {
  last = message;
};

function entrant({ view, all, codec = all }: Readers): Entrant {
  const rounds: Record<string, ((first: number, count: number) => void) | undefined> = {
    nothing: view,
    all: (first, count) => all(first, count, keep),
    'all, by the codec': (first, count) => codec(first, count, keep),
  };
  return {
    outcome() {
      const messages = [all, codec].map((read) => {
        const list: unknown[] = [];
        read(0, MOST, (message) => list.push(message));
        return list;
      });
      return Buffer.from(JSON.stringify(messages));
    },
    round({ batch, read }): Round | undefined {
      const run = rounds[String(read)];
      return run && walk(Number(batch), (first) => run(first, Number(batch)));
    },
  };
}

const QUICK_TEXTS = ['ascii 22/30', 'ascii 22/500', 'cyrillic 22/60'];
const READS = ['nothing', 'all', 'all, by the codec'];

function casesOf(text: string, quick: boolean): Params[] {
  if (quick)
    return [{ text, batch: 1024, read: 'nothing' }, ...READS.slice(1).map((read) => ({ text, batch: 64, read }))];
  return batches(quick).flatMap((batch) =>
    (batch === 1024 ? READS.slice(0, 2) : READS).map((read) => ({ text, batch, read })),
  );
}

export const decode: Suite = {
  name: 'decode',
  contenders: (cases) => [...kernelsFor(cases), 'js-slices', 'node', 'memcpy'],
  groups: (quick) => (quick ? QUICK_TEXTS : TEXTS.map(({ name }) => name)).map((text) => casesOf(text, quick)),
  enter(contender, { text }) {
    if (contender === 'memcpy') return memcpy(MOST, PAYLOAD_BYTES);
    const payloads = payloadsOf(textNamed(text));
    if (contender === 'js-slices') return entrant({ all: slicesReader(payloads) });
    if (!isEngine(contender)) return entrant({ all: nodeReader(payloads) });
    const own = entrant(engineReaders(engineOf(contender), payloads));
    return contender === AUTO ? onlySingle(own) : own;
  },
};

/** What was read last, for whoever wants to see that something was. */
export const lastRead = (): unknown => last;
