/** The recorded exchanges of test/vectors/daemon: one request to a fresh stock daemon each, with the pools around it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

type RecordedPool = [key: string, value: string][] | { raw_hex: string };

export interface RecordedExchange {
  name: string;
  len: number;
  request_hex: string;
  /** Null where the stock daemon died; `stock_exit` is then the signal or the exit code. */
  reply_hex: string | null;
  stock_exit: string | number | null;
  pools_before: Record<string, RecordedPool>;
  pool_files_after: Record<string, { size: number; sha256_cstr: string }>;
}

export const recordedExchanges: RecordedExchange[] = readFileSync('test/vectors/daemon/stock-daemon.jsonl', 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as RecordedExchange);

export const recordedEnvironment = JSON.parse(readFileSync('test/vectors/daemon/ENV.json', 'utf8')) as {
  hostname: string;
  '/etc/hosts': string;
  '/etc/resolv.conf': string;
  '/etc/os-release': string;
};

const KEY_BYTES = 512;
const RECORD_BYTES = 2560;

export function padded(hex: string, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.write(hex, 'hex');
  return bytes;
}

export function poolFile(pool: RecordedPool): Buffer {
  if (!Array.isArray(pool)) return Buffer.from(pool.raw_hex, 'hex');
  return Buffer.concat(
    pool.flatMap(([key, value]) => [padded(key, KEY_BYTES), padded(value, RECORD_BYTES - KEY_BYTES)]),
  );
}

/** Size, and the hash of the complete records with everything behind the first NUL of each field zeroed. */
export function poolSummary(file: Buffer): { size: number; sha256_cstr: string } {
  const clean = Buffer.from(file.subarray(0, file.length - (file.length % RECORD_BYTES)));
  for (let record = 0; record < clean.length; record += RECORD_BYTES) {
    for (const [start, end] of [
      [record, record + KEY_BYTES],
      [record + KEY_BYTES, record + RECORD_BYTES],
    ] as const) {
      const nul = clean.subarray(start, end).indexOf(0);
      if (nul >= 0) clean.fill(0, start + nul, end);
    }
  }
  return { size: file.length, sha256_cstr: createHash('sha256').update(clean).digest('hex') };
}
