/** Reads the recorded vectors of test/vectors. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../test/vectors/driver/', import.meta.url));

/** One file of vectors, one object a line. */
export function vectors<T>(name: string): T[] {
  const lines = readFileSync(`${folder}${name}.jsonl`, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as T);
}

/** `"<hex>+0*<count>"`: the bytes of `<hex>`, then `<count>` zero bytes. */
export function unhex(text: string): Uint8Array {
  const parts = /^([0-9a-f]*)(?:\+0\*(\d+))?$/.exec(text);
  if (parts === null) throw new Error(`not a byte string: ${text.slice(0, 40)}`);
  return new Uint8Array(Buffer.concat([Buffer.from(parts[1]!, 'hex'), Buffer.alloc(Number(parts[2] ?? 0))]));
}

/** Where two byte arrays first differ, in words for a failing test; undefined when they are equal. */
export function difference(actual: Uint8Array, expected: Uint8Array): string | undefined {
  if (actual.length !== expected.length) return `${actual.length} bytes instead of ${expected.length}`;
  const at = expected.findIndex((byte, i) => byte !== actual[i]);
  if (at < 0) return undefined;
  const show = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(at, at + 16)).toString('hex');
  return `at ${at}: ${show(actual)} instead of ${show(expected)}`;
}

/** The four ways to run the kernels that every engine test goes through. */
export const ENGINES = ['wasm', 'wasm-scalar', 'js'] as const;
