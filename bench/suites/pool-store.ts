/** The pool store against the way of the stock daemon: read the whole file for each request, rewrite it for each SET. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPools } from 'hv-kvp/pool';
import type { Row } from '../harness/row.js';
import { rowsOf } from '../harness/statistics.js';

const RECORD = 2560;
const KEY = 512;

interface Contender {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
  delete(key: string): Promise<number>;
  at(index: number): Promise<string | undefined>;
}

const bytesOf = (count: number): Buffer => {
  const bytes = Buffer.alloc(count * RECORD);
  for (let slot = 0; slot < count; slot++) {
    bytes.write(`key-${slot}`, slot * RECORD);
    bytes.write(`value ${slot}`, slot * RECORD + KEY);
  }
  return bytes;
};

const text = (bytes: Buffer, at: number, length: number): string => {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
};

/** No locks, no journal: all that it costs is the whole file. */
function wholeFile(path: string): Contender {
  const slotOf = (bytes: Buffer, key: string): number => {
    for (let at = 0; at < bytes.length; at += RECORD) if (text(bytes, at, KEY) === key) return at;
    return -1;
  };
  return {
    async get(key) {
      const bytes = readFileSync(path);
      const at = slotOf(bytes, key);
      return at < 0 ? undefined : text(bytes, at + KEY, RECORD - KEY);
    },
    async set(key, value) {
      let bytes = readFileSync(path);
      let at = slotOf(bytes, key);
      if (at < 0) {
        at = bytes.length;
        bytes = Buffer.concat([bytes, Buffer.alloc(RECORD)]);
        bytes.write(key, at);
      }
      bytes.fill(0, at + KEY, at + RECORD);
      bytes.write(value, at + KEY);
      writeFileSync(path, bytes);
    },
    async delete(key) {
      const bytes = readFileSync(path);
      const at = slotOf(bytes, key);
      if (at < 0) return 0;
      writeFileSync(path, Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + RECORD)]));
      return 1;
    },
    async at(index) {
      const bytes = readFileSync(path);
      return index * RECORD < bytes.length ? text(bytes, index * RECORD + KEY, RECORD - KEY) : undefined;
    },
  };
}

async function store(directory: string): Promise<Contender> {
  const pools = await openPools(directory);
  const pool = pools.pool(0);
  return {
    get: (key) => pool.get(key),
    set: (key, value) => pool.set(key, value),
    delete: (key) => pool.delete(key),
    async at(index) {
      const record = await pools.at(0, index);
      return record === undefined ? undefined : Buffer.from(record.value).toString('utf8');
    },
  };
}

/** Nanoseconds of one call: the median of rounds that fill `milliseconds` together. */
async function nanoseconds(milliseconds: number, call: (round: number) => Promise<unknown>): Promise<number> {
  const samples: number[] = [];
  const end = performance.now() + milliseconds;
  for (let round = 0; round < 5 || performance.now() < end; round++) {
    const started = performance.now();
    await call(round);
    samples.push((performance.now() - started) * 1e6);
  }
  samples.sort((left, right) => left - right);
  return Math.round(samples[samples.length >> 1]!);
}

type Operation = (contender: Contender, records: number) => (round: number) => Promise<unknown>;

const OPERATIONS: Record<string, Operation> = {
  'get last': (contender, records) => () => contender.get(`key-${records - 1}`),
  'get missing': (contender) => () => contender.get('missing'),
  'at last': (contender, records) => () => contender.at(records - 1),
  'set existing': (contender, records) => (round) => contender.set(`key-${records >> 1}`, `round ${round}`),
  'set new': (contender) => (round) => contender.set(`new-${round}`, 'value'),
  'delete first, add it again': (contender, records) => async (round) => {
    await contender.delete(`key-${round % records}`);
    await contender.set(`key-${round % records}`, 'again');
  },
};

async function verify(contenders: Record<string, Contender>, records: number): Promise<void> {
  for (const [name, contender] of Object.entries(contenders)) {
    await contender.set('check', '1');
    await contender.set('key-0', 'changed');
    const seen = [
      await contender.get('key-0'),
      await contender.get(`key-${records}`),
      await contender.at(records),
      await contender.delete('check'),
      await contender.get('check'),
    ];
    const expected = ['changed', undefined, '1', 1, undefined];
    if (JSON.stringify(seen) !== JSON.stringify(expected)) throw new Error(`${name}: ${JSON.stringify(seen)}`);
  }
}

/** `records` 10 to 100,000; the whole-file way is left out where one call takes a good part of a second. */
export async function poolStore(quick: boolean): Promise<Row[]> {
  const rows: Row[] = [];
  for (const records of quick ? [10, 1_000] : [10, 1_000, 10_000, 100_000]) {
    const root = mkdtempSync(join(tmpdir(), 'hv-kvp-bench-'));
    try {
      for (const [operation, prepare] of Object.entries(OPERATIONS)) {
        const path = join(root, '.kvp_pool_0');
        const times = new Map<string, number[]>();
        for (const name of records > 10_000 ? ['store'] : ['store', 'whole file']) {
          writeFileSync(path, bytesOf(records));
          const contender = name === 'store' ? await store(root) : wholeFile(path);
          await verify({ [name]: contender }, records);
          const call = prepare(contender, records);
          times.set(name, [await nanoseconds(quick ? 50 : 250, call)]);
        }
        rows.push(...rowsOf('pool-store', { operation, records }, times));
      }
    } finally {
      rmSync(root, { recursive: true });
    }
  }
  return rows;
}
