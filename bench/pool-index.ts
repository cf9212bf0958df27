/** An index over the records of a pool file that stands in memory; `node` builds a Map of strings. */
import type { Engine } from '#internal';
import { memcpy, onEngines } from './contenders.js';
import { agree, type Contender, time } from './contest.js';
import type { Row } from './row.js';

const SUITE = 'pool-index';
const RECORD_BYTES = 2560;
const KEY_BYTES = 512;
/** Of each record the first cache line is read. */
const TOUCHED_BYTES = 64;
const CHUNK_RECORDS = 256;
const SLOT_BYTES = 8;

const keyOf = (i: number): string => `PhysicalHostName-${i}`;

function fileOf(records: number): Buffer {
  const file = Buffer.alloc(records * RECORD_BYTES);
  for (let i = 0; i < records; i++) {
    file.write(keyOf(i), i * RECORD_BYTES);
    file.write(`value ${i}`, i * RECORD_BYTES + KEY_BYTES);
  }
  return file;
}

interface Fixture {
  build(): void;
  find(key: string): number;
}

function engineFixture(engine: Engine, file: Buffer): Fixture {
  const { memory } = engine;
  const count = file.length / RECORD_BYTES;
  let slots = 2;
  while (slots < 2 * count) slots *= 2;
  const records = memory.allocate(file.length);
  const index = memory.allocate(slots * SLOT_BYTES);
  const hashes = memory.allocate(CHUNK_RECORDS * 4);
  const key = memory.allocate(KEY_BYTES);
  records.view.set(file);
  return {
    build() {
      index.view.fill(0);
      for (let first = 0; first < count; first += CHUNK_RECORDS) {
        const part = Math.min(CHUNK_RECORDS, count - first);
        engine.recordHashes(records.address + first * RECORD_BYTES, part, hashes.address);
        engine.indexInsert(index.address, slots - 1, hashes.address, part, first);
      }
    },
    find(text) {
      const bytes = Buffer.from(text).copy(key.view);
      const hash = engine.hashKey(key.address, bytes);
      for (let slot = -1; ; slot++) {
        slot = engine.indexFind(index.address, slots - 1, hash, slot);
        if (slot < 0) return -1;
        const record = memory.i32[(index.address + slot * SLOT_BYTES + 4) >> 2]! - 1;
        if (engine.recordMatches(records.address + record * RECORD_BYTES, key.address, bytes) === 1) return record;
      }
    },
  };
}

function nodeFixture(file: Buffer): Fixture {
  let index = new Map<string, number>();
  return {
    build() {
      index = new Map();
      for (let at = 0, record = 0; at < file.length; at += RECORD_BYTES, record++) {
        const field = file.subarray(at, at + KEY_BYTES);
        const end = field.indexOf(0);
        index.set(field.toString('utf8', 0, end < 0 ? KEY_BYTES : end), record);
      }
    },
    find: (key) => index.get(key) ?? -1,
  };
}

function outcomeOf(fixture: Fixture, records: number): Uint8Array {
  fixture.build();
  return new Uint8Array(Int32Array.from({ length: records + 2 }, (_, i) => fixture.find(keyOf(i))).buffer);
}

export function poolIndex(quick: boolean): Row[] {
  return (quick ? [10_000] : [100, 1_000, 10_000]).flatMap((records) => {
    const file = fileOf(records);
    const fixtures = onEngines((engine) => engineFixture(engine, file));
    fixtures.set('node', nodeFixture(file));
    agree(SUITE, new Map([...fixtures].map(([name, fixture]) => [name, outcomeOf(fixture, records)])));
    const contenders: Contender[] = [...fixtures].map(([name, { build }]) => ({ name, run: build }));
    contenders.push(memcpy(records * TOUCHED_BYTES));
    return time({ suite: SUITE, params: { records }, operations: records, contenders }, quick);
  });
}
