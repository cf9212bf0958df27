/** Reads a pool file over and over without a lock, until it is gone, and counts reads that miss a record that stays. */
import { readFileSync } from 'node:fs';

const [path, kept] = process.argv.slice(2) as [string, string];
const counts = { reads: 0, missing: 0, partial: 0 };

function look(bytes: Buffer): void {
  const keys = new Set<string>();
  for (let at = 0; at + 512 <= bytes.length; at += 2560) {
    const key = bytes.subarray(at, at + 512);
    keys.add(key.subarray(0, key.indexOf(0)).toString());
  }
  counts.reads++;
  for (let number = 0; number < Number(kept); number++) {
    if (keys.has(`kept${number}`)) continue;
    counts.missing++;
    break;
  }
  if (bytes.length % 2560 !== 0) counts.partial++;
}

for (let announced = false; ; ) {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    break;
  }
  look(bytes);
  if (!announced) console.log('reading');
  announced = true;
}
console.log(JSON.stringify(counts));
// A partial tail is counted, not forbidden: the kernel may show an append that crosses a page in two steps.
process.exitCode = counts.missing === 0 && counts.reads > 0 ? 0 : 1;
