/**
 * What other programs do to a pool file, as functions over its bytes: libazureinit-kvp (recorded in
 * test/vectors/azure-init, by which these are checked), cloud-init's and azure-init's event writers, the stock daemon.
 */
import { records } from './pool-directory.js';

export type Item = [key: string, value: string];
/** The file after a program had it. */
export type Act = (file: Uint8Array) => Uint8Array;

const RECORD = 2560;

const split = (file: Uint8Array): Buffer[] =>
  Array.from({ length: Math.floor(file.length / RECORD) }, (_, slot) =>
    Buffer.from(file.subarray(slot * RECORD, (slot + 1) * RECORD)),
  );

/** libazureinit-kvp takes the whole field without the NULs at its end. */
const keyOf = (record: Buffer) => record.toString('latin1', 0, 512).replace(/\0+$/, '');
const latin1 = (key: string) => Buffer.from(key).toString('latin1');

/** The first record with the key gets the value; the file's last record fills the place of each other. */
export const azureWrite =
  (key: string, value: string): Act =>
  (file) => {
    const all = split(file);
    const first = all.findIndex((record) => keyOf(record) === latin1(key));
    if (first < 0) return Buffer.concat([...all, records([key, value])]);
    all[first]!.fill(0, 512).write(value, 512);
    return Buffer.concat(withoutKeys(all, [key], first + 1));
  };

export const azureDelete =
  (...keys: string[]): Act =>
  (file) =>
    Buffer.concat(withoutKeys(split(file), keys, 0));

function withoutKeys(all: Buffer[], keys: string[], from: number): Buffer[] {
  const gone = keys.map(latin1);
  for (let slot = from; slot < all.length; slot++) {
    while (slot < all.length && gone.includes(keyOf(all[slot]!))) {
      const last = all.pop()!;
      if (slot < all.length) all[slot] = last;
    }
  }
  return all;
}

export const append =
  (...items: Item[]): Act =>
  (file) =>
    Buffer.concat([file, records(...items)]);

export const load =
  (...items: Item[]): Act =>
  () =>
    records(...items);

export const clear: Act = () => new Uint8Array();

/** Changes the first record with the key and writes every record anew. */
export const stockSet =
  (key: string, value: string): Act =>
  (file) => {
    const all = split(file);
    const found = all.find((record) => keyOf(record) === latin1(key));
    if (found === undefined) return Buffer.concat([...all, records([key, value])]);
    found.fill(0, 512).write(value, 512);
    return Buffer.concat(all);
  };
