/**
 * What was asked of WebAssembly against the twin before it was built: at least `floor`, better `goal`, for each case in
 * the order in which the name tells them. `against` are the contenders of which the fastest counts.
 */
const TEXTS = ['ascii 22/30', 'ascii 22/500', 'cyrillic 22/60', 'cjk 22/200', 'mixed 22/60'];
const COPIES = ['js', 'js-f64', 'js-i32', 'js-copywithin', 'js-set'];
const PACKETS = { 64: 744, 256: 234, 2604: 24 };
const SCRIPTS = ['ascii', 'cyrillic', 'cjk'];

const ring = (...payloads) => payloads.map((payload) => ({ payload, batch: PACKETS[payload] }));
const texts = (names, params) => names.map((text) => ({ text, ...params }));
const units = (direction) => SCRIPTS.map((text) => ({ direction, text, units: 255 }));
const js = ['js'];

export const FLOORS = [
  {
    name: 'host → daemon, 1,024 a call: ascii 22/30 · ascii 22/500 · cyrillic · cjk · mixed',
    suite: 'host-to-daemon',
    cases: texts(TEXTS, { batch: 1024 }),
    against: js,
    floor: [3.8, 5.2, 6.0, 2.7, 5.0],
    goal: [5.0, 6.8, 7.8, 3.8, 7.0],
  },
  {
    name: 'daemon → host, 1,024 a call: the same',
    suite: 'daemon-to-host',
    cases: texts(TEXTS, { batch: 1024 }),
    against: js,
    floor: [2.5, 4.6, 3.4, 3.2, 3.9],
    goal: [3.4, 5.4, 4.0, 4.8, 4.6],
  },
  {
    name: 'packets out of a ring, copied, 64 · 256 · 2,604 bytes, against the best copy loop',
    suite: 'ring-drain',
    cases: ring(64, 256, 2604),
    against: COPIES,
    floor: [2.2, 2.4, 1.2],
    goal: [2.7, 2.9, 1.6],
  },
  {
    name: 'packets found in a ring, 64 bytes',
    suite: 'ring-scan',
    cases: ring(64),
    against: js,
    floor: [1.7],
    goal: [2.0],
  },
  {
    name: 'packets into a ring, 64 bytes',
    suite: 'ring-pack',
    cases: ring(64),
    against: js,
    floor: [4.0],
    goal: [6.0],
  },
  {
    name: 'decoding, 1,024 a call, no string read',
    suite: 'decode',
    cases: texts(['ascii 22/30'], { batch: 1024, read: 'nothing' }),
    against: js,
    floor: [3.2],
    goal: [4.4],
  },
  {
    name: 'decoding, 64 a call, every string read: ascii 22/30 · cyrillic · ascii 22/500',
    suite: 'decode',
    cases: texts(['ascii 22/30', 'cyrillic 22/60', 'ascii 22/500'], { batch: 64, read: 'all' }),
    against: ['js', 'js-slices'],
    floor: [2.0, 1.7, 1.4],
    goal: [2.7, 2.2, 1.8],
  },
  {
    name: 'encoding from strings, 64 a call: ascii 22/30 · cyrillic · ascii 22/500',
    suite: 'encode',
    cases: texts(['ascii 22/30', 'cyrillic 22/60', 'ascii 22/500'], { batch: 64 }),
    against: js,
    floor: [1.5, 1.5, 1.5],
    goal: [2.0, 2.0, 2.0],
  },
  {
    name: 'UTF-16 → UTF-8, 255 units: ascii · cyrillic · cjk',
    suite: 'transcode',
    cases: units('16-8'),
    against: ['js', 'js-slices'],
    floor: [5, 3.0, 2.2],
    goal: [7, 4, 3.2],
  },
  {
    name: 'UTF-8 → UTF-16, 255 units: ascii · cyrillic · cjk',
    suite: 'transcode',
    cases: units('8-16'),
    against: ['js', 'js-slices'],
    floor: [5.5, 3.0, 2.5],
    goal: [7.5, 4, 3.2],
  },
  {
    name: 'index over 10,000 pool records',
    suite: 'pool-index',
    cases: [{ records: 10_000 }],
    against: js,
    floor: [5],
    goal: [6.5],
  },
  {
    name: 'the first 1,200 messages of a process, the engine there · made as well',
    suite: 'cold-start',
    cases: [
      { text: 'ascii 22/30', counted: 'messages' },
      { text: 'ascii 22/30', counted: 'engine and messages' },
    ],
    against: js,
    floor: [4, 4],
    goal: [8, 8],
  },
  {
    name: 'loading: decoded, compiled, instantiated',
    suite: 'load',
    cases: [{ counted: 'engine' }],
    against: js,
    unit: 'ms',
    floor: [2],
    goal: [1],
  },
];
