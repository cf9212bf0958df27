/** An index over the records of a pool file that stands in memory; `node` builds a Map of strings. */
import { createJsEngine, type Engine, type EngineMemory } from '#internal';
import type { Entrant, Suite } from '../harness/suite.js';
import { NATIVE, type NativeKernels } from '../native/library.js';
import { ENGINES, engineOf, isEngine, memcpy, nativeOf, nativeRound } from './entrants.js';

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

function layOut(memory: EngineMemory, file: Buffer) {
  const count = file.length / RECORD_BYTES;
  let slots = 2;
  while (slots < 2 * count) slots *= 2;
  const records = memory.allocate(file.length);
  const index = memory.allocate(slots * SLOT_BYTES);
  const hashes = memory.allocate(CHUNK_RECORDS * 4);
  records.view.set(file);
  return { count, slots, records: records.address, index, hashes: hashes.address };
}

function engineEntrant(engine: Engine, file: Buffer): Entrant {
  const { count, slots, records, index, hashes } = layOut(engine.memory, file);
  const run = (): void => {
    index.view.fill(0);
    for (let first = 0; first < count; first += CHUNK_RECORDS) {
      const part = Math.min(CHUNK_RECORDS, count - first);
      engine.recordHashes(records + first * RECORD_BYTES, part, hashes);
      engine.indexInsert(index.address, slots - 1, hashes, part, first);
    }
  };
  return {
    outcome() {
      run();
      return found(count, finder(engine, records, index.address, slots));
    },
    round: () => ({ operations: count, run }),
  };
}

/** Looks keys up in an index, whoever built it. */
function finder(engine: Engine, records: number, index: number, slots: number): (key: string) => number {
  const key = engine.memory.allocate(KEY_BYTES);
  return (text) => {
    const bytes = Buffer.from(text).copy(key.view);
    const hash = engine.hashKey(key.address, bytes);
    for (let slot = -1; ; slot++) {
      slot = engine.indexFind(index, slots - 1, hash, slot);
      if (slot < 0) return -1;
      const record = engine.memory.i32[(index + slot * SLOT_BYTES + 4) >> 2]! - 1;
      if (engine.recordMatches(records + record * RECORD_BYTES, key.address, bytes) === 1) return record;
    }
  };
}

/** Where each key is, and two that are nowhere. */
const found = (count: number, find: (key: string) => number): Uint8Array =>
  new Uint8Array(Int32Array.from({ length: count + 2 }, (_, i) => find(keyOf(i))).buffer);

function nativeEntrant(kernels: NativeKernels, file: Buffer): Entrant {
  const { count, slots, records, index, hashes } = layOut(kernels.memory, file);
  const work = (rounds: number): void =>
    kernels.poolIndex(rounds, records, count, index.address, slots, hashes, CHUNK_RECORDS);
  return {
    outcome() {
      work(1);
      return found(count, finder(createJsEngine(kernels.memory), records, index.address, slots));
    },
    round: () => nativeRound(count, work),
  };
}

function nodeEntrant(file: Buffer): Entrant {
  let index = new Map<string, number>();
  const run = (): void => {
    index = new Map();
    for (let at = 0, record = 0; at < file.length; at += RECORD_BYTES, record++) {
      const field = file.subarray(at, at + KEY_BYTES);
      const end = field.indexOf(0);
      index.set(field.toString('utf8', 0, end < 0 ? KEY_BYTES : end), record);
    }
  };
  return {
    outcome() {
      run();
      return found(file.length / RECORD_BYTES, (key) => index.get(key) ?? -1);
    },
    round: () => ({ operations: file.length / RECORD_BYTES, run }),
  };
}

export const poolIndex: Suite = {
  name: 'pool-index',
  contenders: () => [...ENGINES, 'node', 'memcpy', ...NATIVE],
  groups: (quick) => (quick ? [10_000] : [100, 1_000, 10_000]).map((records) => [{ records }]),
  enter(contender, { records }) {
    if (contender === 'memcpy') return memcpy(Number(records), TOUCHED_BYTES);
    const file = fileOf(Number(records));
    if (contender === 'node') return nodeEntrant(file);
    return isEngine(contender) ? engineEntrant(engineOf(contender), file) : nativeEntrant(nativeOf(contender), file);
  },
};
