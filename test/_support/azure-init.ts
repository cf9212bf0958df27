/** What libazureinit-kvp, azure-init and cloud-init were recorded doing to pool files (test/vectors/azure-init). */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

interface RecordedRecord {
  key: string;
  value: string;
  key_tail_garbage?: string;
  value_tail_garbage?: string;
  size: number;
}

export interface RecordedFile {
  bytes: number;
  sha256: string;
  records: RecordedRecord[];
  /** There are more than those in `records`. */
  records_total?: number;
}

/** A text, or a long one told by its repeated part. */
export type RecordedText = string | { repeat_of: string; bytes: number };

export interface RecordedRun {
  name: string;
  before?: RecordedFile;
  after: RecordedFile | null;
  steps: { args: RecordedText[]; rc: number | string; stdin?: string }[];
}

export interface RecordedReading {
  name: string;
  file?: RecordedFile;
  theirs: { args: string[]; rc: number | string; stdout?: unknown }[];
  writes: { op: string[]; rc: number | string; after: RecordedFile | null }[];
}

export interface RecordedEvents {
  agent: string;
  records: { key: string; value: string }[];
}

const load = (name: string): unknown => JSON.parse(readFileSync(`test/vectors/azure-init/${name}.json`, 'utf8'));

export const recordedRuns = (load('pools') as { cases: RecordedRun[] }).cases;
export const recordedReadings = (load('readings') as { cases: RecordedReading[] }).cases;

interface Vector {
  records: { key: string; value: string }[];
}
const azure = load('events-azure-init') as { vectors: Vector[] };
const cloud = load('events-cloud-init') as { versions: { version: string; vectors: Vector[] }[] };

/** Every record of an agent's pool, in file order. */
export const recordedEvents: RecordedEvents[] = [
  { agent: 'azure-init', records: azure.vectors.flatMap(({ records }) => records) },
  ...cloud.versions.map(({ version, vectors }) => ({
    agent: `cloud-init ${version}`,
    records: vectors.flatMap(({ records }) => records),
  })),
];

/** The recorded file; undefined when not all of it was recorded. */
export function fileOf({ bytes, sha256, records }: RecordedFile): Buffer | undefined {
  const file = Buffer.concat(
    records.map(({ key, value, key_tail_garbage: keyTail = '', value_tail_garbage: valueTail = '', size }) => {
      const record = Buffer.alloc(2560);
      const put = (at: number, text: string, tail: string) => {
        record.write(text, at, 'hex');
        if (tail !== '') record.write(tail, at + text.length / 2 + 1, 'hex');
      };
      put(0, key, keyTail);
      put(512, value, valueTail);
      return record.subarray(0, size);
    }),
  );
  return file.length === bytes && sha256Of(file) === sha256 ? file : undefined;
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export const textOf = (text: RecordedText): string => {
  if (typeof text === 'string') return text;
  const piece = text.repeat_of;
  const times = Math.ceil(text.bytes / Buffer.byteLength(piece));
  return Buffer.from(piece.repeat(times)).subarray(0, text.bytes).toString('utf8');
};
