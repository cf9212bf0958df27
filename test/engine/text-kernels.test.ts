/** The conversions of all engines on texts of every mixture of character lengths, at every alignment and room. */
import { createJsEngine, createWasmEngine, EngineMemory, table } from '#internal';
import { EnginePair } from '../_support/engine-pair.js';
import { Random, seedOfRun } from '../_support/random.js';
import { assert, suite } from '../_support/suite.js';

const POISON = 0xa5;
const TEXTS = 12_000;
const POLICIES = [table.POLICY_STRICT, table.POLICY_REPLACE, table.POLICY_LINUX, table.POLICY_FREEBSD];
/** One of each is a lone surrogate, which only UTF-16 can have. */
const KINDS = ['ascii', 'two', 'three', 'four', 'edge', 'lone', 'nul'] as const;
/** First and last characters of each length, and those that make the checks differ. */
const EDGES = [0x01, 0x7f, 0x80, 0x7ff, 0x800, 0xfff, 0x1000, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x3ffff, 0x10ffff];
const seed = seedOfRun();

function unitsOfKind(random: Random, kind: (typeof KINDS)[number]): string {
  switch (kind) {
    case 'ascii':
      return String.fromCharCode(1 + random.below(0x7f));
    case 'two':
      return String.fromCharCode(0x80 + random.below(0x780));
    case 'three':
      return String.fromCharCode(random.oneIn(4) ? 0xe000 + random.below(0x2000) : 0x800 + random.below(0xd000));
    case 'four':
      return String.fromCodePoint(0x10000 + random.below(0x100000));
    case 'edge':
      return String.fromCodePoint(random.pick(EDGES));
    case 'lone':
      return String.fromCharCode(0xd800 + random.below(0x800));
    case 'nul':
      return '\0';
  }
}

/** Runs of one kind, short or long, of a few kinds a text; lone surrogates and NULs are rare. */
function textOf(random: Random): string {
  const most = random.below(random.oneIn(4) ? 400 : 140);
  const kinds = [random.pick(KINDS.slice(0, 5)), random.pick(KINDS.slice(0, 5)), random.pick(KINDS.slice(0, 4))];
  const run = random.pick([1, 2, 9, 40]);
  let text = '';
  while (text.length < most) {
    const kind = random.oneIn(60) ? random.pick(KINDS.slice(5)) : random.pick(kinds);
    for (let left = 1 + random.below(run); left > 0; left--) text += unitsOfKind(random, kind);
  }
  return text;
}

suite(`engine/text kernels (seed ${seed})`, ({ test }) => {
  const pair = new EnginePair();
  const source = pair.area(4096);
  const target = pair.area(4096, { output: true });

  /** Runs a conversion on every engine; what lies behind the text, but not behind the limit, is nobody's. */
  const convert = (utf16: boolean, address: number, size: number, limit: number, policy: number): Uint8Array => {
    const unit = utf16 ? 1 : 2;
    pair.fill(target, POISON);
    let made = 0;
    pair.run((engine) => {
      const { u8 } = engine.memory;
      made = engine[utf16 ? 'utf16ToUtf8' : 'utf8ToUtf16'](address, size, target.address, limit, policy);
      for (let at = limit * unit; at < target.bytes; at++) {
        if (u8[target.address + at] !== POISON) throw new Error(`${engine.kind} stored behind the limit`);
      }
      u8.fill(0, target.address + Math.max(made, 0) * unit, target.address + target.bytes);
      return made;
    });
    pair.result(made < 0 ? table.RESULT_OFFSET : table.RESULT_CONSUMED);
    return pair.bytes(target).slice(0, Math.max(made, 0) * unit);
  };

  test('UTF-16 to UTF-8: all engines do the same, and what TextEncoder does', () => {
    const random = new Random(seed);
    for (let i = 0; i < TEXTS; i++) {
      const text = textOf(random);
      const bytes = Buffer.from(text, 'utf16le');
      const shift = 2 * random.below(20);
      pair.put(source, bytes, shift);
      // What follows the text must not be taken for a part of it.
      pair.put(source, Buffer.alloc(64, random.pick([0, 0x41, 0xd8, 0xdc])), shift + bytes.length);
      const address = source.address + shift;
      const limit = random.oneIn(3) ? random.below(3 * text.length + 40) : 4000;
      convert(true, address, text.length, limit, random.pick(POLICIES));
      const whole = Buffer.from(convert(true, address, text.length, 4000, table.POLICY_REPLACE));
      assert.is(whole.compare(new TextEncoder().encode(text)), 0, JSON.stringify(text));
    }
  });

  test('UTF-8 to UTF-16: all engines do the same, and what TextDecoder does, for malformed bytes too', () => {
    const random = new Random(seed);
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    for (let i = 0; i < TEXTS; i++) {
      let bytes = Buffer.from(textOf(random), 'utf8');
      if (random.oneIn(2)) bytes = bytes.subarray(0, random.below(bytes.length + 1));
      if (random.oneIn(3) && bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
      const shift = random.below(40);
      pair.put(source, bytes, shift);
      pair.put(source, Buffer.alloc(64, random.pick([0, 0x41, 0x80, 0xbf])), shift + bytes.length);
      const address = source.address + shift;
      const limit = random.oneIn(3) ? random.below(bytes.length + 40) : 2000;
      convert(false, address, bytes.length, limit, random.pick(POLICIES));
      const whole = Buffer.from(convert(false, address, bytes.length, 2000, table.POLICY_REPLACE));
      assert.is(whole.toString('utf16le'), decoder.decode(bytes), bytes.toString('hex'));
    }
  });

  test('no vector load leaves the memory: texts that end 64 bytes before it does', () => {
    const random = new Random(seed);
    for (const scalar of [false, true]) {
      const memory = new EngineMemory({ bytes: 65536 });
      const engine = createWasmEngine(memory, { scalar });
      const twin = createJsEngine(new EngineMemory({ bytes: 65536 }));
      const end = memory.buffer.byteLength - table.SLACK_BYTES;
      for (let i = 0; i < 2_000; i++) {
        const text = textOf(random);
        const policy = random.pick(POLICIES);
        for (const utf16 of [true, false]) {
          const bytes = Buffer.from(text, utf16 ? 'utf16le' : 'utf8');
          const convert = utf16 ? 'utf16ToUtf8' : 'utf8ToUtf16';
          const size = utf16 ? text.length : bytes.length;
          const made = [engine, twin].map((each) => {
            each.memory.u8.set(bytes, end - bytes.length);
            return each[convert](end - bytes.length, size, table.HEAP_BASE, 4000, policy);
          });
          assert.is(made[0], made[1], JSON.stringify(text));
        }
      }
    }
  });

  test('every engine finds a NUL and half a pair at any place, and nothing in other units', () => {
    const random = new Random(seed);
    for (let round = 0; round < 4000; round++) {
      const units = random.below(80);
      const padded = 8 * Math.ceil(units / 8);
      const plain = Array.from({ length: padded }, () => random.pick([1, 0x20, 0x7f, 0x4e2d, 0xd7ff, 0xe000, 0xffff]));
      const at = random.below(padded + 4);
      if (at < padded) plain[at] = random.pick([0, 0xd800, 0xdbff, 0xdc00, 0xdfff, 1]);
      pair.put(source, new Uint8Array(Uint16Array.from(plain).buffer));
      const expected = plain.some((unit) => unit === 0 || (unit >= 0xd800 && unit < 0xe000)) ? 1 : 0;
      assert.is(
        pair.run((engine) => engine.hasNulOrSurrogate(source.address, units)),
        expected,
        `seed ${seed}, round ${round}`,
      );
    }
  });
});
