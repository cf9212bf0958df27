/** Inputs for the fuzzer: recorded messages, and mutations of them. */
import { unhex, vectors } from '../_support/golden.js';
import type { Random } from '../_support/random.js';

interface Vector {
  request_hex: string;
  daemon_reply_hex?: string;
}

const load = (name: string): Vector[] => vectors<Vector>(name);

export const requests: Uint8Array[] = [
  ...load('linux-host-to-daemon'),
  ...load('freebsd-host-to-daemon'),
  ...load('linux-negotiate'),
].map(({ request_hex }) => unhex(request_hex));

export const exchanges: { request: Uint8Array; answer: Uint8Array }[] = [
  ...load('linux-daemon-to-host'),
  ...load('freebsd-daemon-to-host'),
].map(({ request_hex, daemon_reply_hex }) => {
  const answer = new Uint8Array(7432);
  answer.set(unhex(daemon_reply_hex!).subarray(0, 7432));
  return { request: unhex(request_hex), answer };
});

const INTERESTING = [0, 1, 2, 7, 8, 0x7f, 0x80, 0xc2, 0xd8, 0xdc, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xfe, 0xff];
/** Mutations gather where the fields are: headers and sizes, key, value, and the lists of IP messages. */
const HOT_SPOTS = [0, 8, 20, 28, 32, 36, 40, 44, 48, 60, 556, 560, 572, 580, 288, 290, 2336, 4384, 5408, 2600];

/** A changed copy: bytes flipped, runs overwritten, pieces copied about, the end cut off. */
export function mutate(random: Random, original: Uint8Array, { cut = true } = {}): Uint8Array {
  const bytes = original.slice();
  for (let changes = random.below(5); changes >= 0; changes--) {
    const spot = random.oneIn(2) ? random.pick(HOT_SPOTS) + random.below(24) : random.below(bytes.length);
    const at = Math.min(spot, bytes.length - 1);
    const run = Math.min(1 + random.below(random.oneIn(4) ? 600 : 8), bytes.length - at);
    switch (random.below(4)) {
      case 0:
        bytes[at] = bytes[at]! ^ (1 << random.below(8));
        break;
      case 1:
        for (let i = 0; i < run; i++) bytes[at + i] = random.pick(INTERESTING);
        break;
      case 2:
        for (let i = 0; i < run; i++) bytes[at + i] = random.below(256);
        break;
      default:
        bytes.copyWithin(at, random.below(bytes.length), random.below(bytes.length) + 1);
    }
  }
  return cut && random.oneIn(6) ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes;
}
