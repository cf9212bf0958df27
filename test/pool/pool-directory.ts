import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];
process.on('exit', () => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});

/** An empty directory that goes when the test process does. */
export function poolDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'hv-kvp-pool-'));
  made.push(directory);
  return directory;
}

export const poolPath = (directory: string, number: number): string => join(directory, `.kvp_pool_${number}`);

/** Records as another program would write them; fields may be given as bytes. */
export function records(...items: [key: string | Uint8Array, value: string | Uint8Array][]): Buffer {
  const bytes = Buffer.alloc(items.length * 2560);
  for (const [index, [key, value]] of items.entries()) {
    bytes.set(Buffer.from(key), index * 2560);
    bytes.set(Buffer.from(value), index * 2560 + 512);
  }
  return bytes;
}
