/**
 * What is fuzzed: each target feeds one input to every engine, compares all that they leave behind and looks at the
 * canaries. A finding is an exception; an input that is refused with a cause is no finding.
 */
import { table } from '#internal';
import { type Area, EnginePair } from '../_support/engine-pair.js';
import type { Random } from '../_support/random.js';
import { exchanges, mutate, requests } from './corpus.js';

const MESSAGE = 7432;
const RING_DATA = 4096;
const RING = 4096 + RING_DATA;
const MAX_REQUEST = 8192;
const RECORDS = 64;

export interface Target {
  name: string;
  /** Mutated packets or texts that one run makes. */
  weight: number;
  run(random: Random): void;
}

function translationTargets(pair: EnginePair): Target[] {
  const source = pair.area(MAX_REQUEST);
  const answer = pair.area(MESSAGE);
  const target = pair.area(MAX_REQUEST, { output: true });
  const record = pair.area(table.TRANSLATE_RECORD_BYTES, { output: true });
  const response = pair.area(MAX_REQUEST, { output: true });
  const responseRecord = pair.area(table.TRANSLATE_RECORD_BYTES, { output: true });
  const freshRecord = pair.area(table.TRANSLATE_RECORD_BYTES, { output: true });
  const unknown = (of: Area): void => {
    pair.word(of.address + table.TRANSLATE_DIRTY_LOW, table.RESPONSE_UNKNOWN_LOW);
    pair.word(of.address + table.TRANSLATE_DIRTY_HIGH, table.RESPONSE_UNKNOWN_HIGH);
  };
  unknown(responseRecord);
  const prepare = (payload: Uint8Array): void => {
    pair.put(source, payload);
    pair.word(record.address + table.TRANSLATE_SOURCE, source.address);
    pair.word(record.address + table.TRANSLATE_SOURCE_BYTES, payload.length);
    pair.word(record.address + table.TRANSLATE_ANSWER, answer.address);
    pair.word(record.address + table.TRANSLATE_TARGET, target.address);
  };
  return [
    {
      name: 'host to daemon',
      weight: 1,
      run(random) {
        const bytes = random.oneIn(3) ? 7430 : MESSAGE;
        prepare(mutate(random, random.pick(requests)));
        if (random.oneIn(3)) {
          // A slot of unknown content; otherwise the one of the message before, with its true dirty words.
          pair.fill(target, 0xa5);
          pair.word(record.address + table.TRANSLATE_DIRTY_LOW, table.DIRTY_UNKNOWN_LOW);
          pair.word(record.address + table.TRANSLATE_DIRTY_HIGH, table.DIRTY_UNKNOWN_HIGH);
        }
        const good = pair.run((engine) => engine.hostToDaemon(record.address, 1, bytes));
        if (good === 1) requireClean(pair.bytes(target), bytes);
      },
    },
    {
      name: 'daemon to host',
      weight: 2,
      run(random) {
        const exchange = random.pick(exchanges);
        const request = mutate(random, exchange.request);
        prepare(request);
        pair.put(answer, mutate(random, exchange.answer, { cut: false }));
        const respond = (into: Area, of: Area): Uint8Array => {
          pair.put(of, pair.bytes(record).slice(0, table.TRANSLATE_DIRTY_LOW));
          pair.word(of.address + table.TRANSLATE_TARGET, into.address);
          pair.run((engine) => engine.daemonToHost(of.address, 1));
          return pair.bytes(into).slice(0, request.length);
        };
        // The slot of the response before, with its true dirty words, must come out as one of unknown content.
        const again = respond(response, responseRecord);
        pair.fill(target, 0xa5);
        unknown(freshRecord);
        const fresh = respond(target, freshRecord);
        const refused = pair.bytes(freshRecord)[table.TRANSLATE_STATUS] !== 0;
        if (!refused && Buffer.compare(again, fresh) !== 0) throw new Error('a used slot shows in a response');
        // Later runs of the other target need a clean slot again.
        pair.word(record.address + table.TRANSLATE_DIRTY_LOW, table.DIRTY_UNKNOWN_LOW);
        pair.word(record.address + table.TRANSLATE_DIRTY_HIGH, table.DIRTY_UNKNOWN_HIGH);
      },
    },
  ];
}

/** After a text's NUL there is nothing: no byte of an earlier message, and no poison. */
function requireClean(message: Uint8Array, bytes: number): void {
  const operation = message[0]!;
  const zeroFrom = (from: number, to: number): void => {
    for (let at = from; at < to; at++) if (message[at] !== 0) throw new Error(`byte ${at} of operation ${operation}`);
  };
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  if (operation === 0 || operation === 1) {
    zeroFrom(16 + view.getUint32(8, true) - 1, 528);
    if (operation === 1) zeroFrom(528 + Math.max(view.getUint32(12, true) - 1, 0), bytes);
    else zeroFrom(528, bytes);
  } else if (operation === 2) zeroFrom(8 + view.getUint32(4, true) - 1, bytes);
  else if (operation === 3) zeroFrom(8, bytes);
  else if (operation !== 4 && operation !== 5) zeroFrom(4, bytes);
}

function ringTarget(pair: EnginePair): Target {
  const ring = pair.area(RING, { output: true });
  const out = pair.area(RING_DATA);
  const records = pair.area(RECORDS * table.PACKET_RECORD_BYTES, { output: true });
  const payload = pair.area(MAX_REQUEST);
  return {
    name: 'ring',
    weight: 8,
    run(random) {
      const start = random.below(RING_DATA / 8) * 8;
      pair.fill(ring, 0);
      pair.word(ring.address, start);
      pair.word(ring.address + 4, start);
      let write = start;
      for (let packet = 0; packet < 6; packet++) {
        const bytes = random.below(random.oneIn(5) ? 1200 : 100);
        pair.put(payload, random.pick(requests).subarray(0, bytes));
        const record = records.address;
        pair.word(record + table.PACKET_TYPE_FLAGS, random.pick([6, 7, 9, 11, 0x10006]));
        pair.word(record + table.PACKET_TRANSACTION_LOW, packet);
        pair.word(record + table.PACKET_TRANSACTION_HIGH, -packet);
        pair.word(record + table.PACKET_PAYLOAD, payload.address);
        pair.word(record + table.PACKET_PAYLOAD_BYTES, bytes);
        if (pair.run((engine) => engine.ringPack(ring.address, RING_DATA, write, record, 1)) === 1) {
          write = pair.result(table.RESULT_NEXT);
        }
      }
      // The peer is hostile: descriptors, indices and payloads change after they were written.
      for (let changes = random.below(4); changes > 0; changes--) {
        const at = 4096 + ((start + random.below(400)) % RING_DATA);
        pair.put(ring, Uint8Array.of(random.below(256)), at);
      }
      if (random.oneIn(3))
        pair.word(ring.address, random.oneIn(2) ? random.below(RING_DATA + 16) : random.below(2 ** 32));
      if (random.oneIn(3)) pair.word(ring.address + 4, random.below(2 ** 32));
      if (random.oneIn(3)) pair.word(ring.address + 12, random.below(random.oneIn(2) ? 8192 : 2 ** 32));
      if (random.oneIn(2)) pair.word(ring.address + 64, 1);
      let read = start;
      const max = 1 + random.below(RECORDS);
      const limit = random.oneIn(4) ? random.below(RING_DATA) : RING_DATA;
      const scan = random.oneIn(3);
      for (let calls = 0; calls < 4; calls++) {
        const count = pair.run((engine) =>
          engine[scan ? 'ringScan' : 'ringDrain'](
            ring.address,
            RING_DATA,
            read,
            out.address,
            out.bytes,
            records.address,
            max,
            limit,
          ),
        );
        if (count <= 0) break;
        const next = pair.result(table.RESULT_NEXT);
        const variant = random.below(2);
        pair.run((engine) => engine.ringConsume(ring.address, RING_DATA, read, next, variant));
        read = next;
      }
      const wish = random.below(2 * RING_DATA);
      pair.run((engine) => engine.ringReserve(ring.address, RING_DATA, write, wish));
    },
  };
}

function textTargets(pair: EnginePair): Target[] {
  const source = pair.area(2048);
  const target = pair.area(4096, { output: true });
  const units = (random: Random): Uint16Array => {
    const kinds = [0x80, 0x800, 0x10000] as const;
    const top = random.pick(kinds);
    const text = new Uint16Array(random.below(200));
    for (let i = 0; i < text.length; i++) {
      if (random.oneIn(60)) text[i] = 0;
      else if (random.oneIn(20)) text[i] = 0xd800 + random.below(0x800);
      else if (random.oneIn(12) && i + 1 < text.length) {
        text[i++] = 0xd800 + random.below(0x400);
        text[i] = 0xdc00 + random.below(0x400);
      } else text[i] = random.below(random.oneIn(8) ? random.pick(kinds) : top);
    }
    return text;
  };
  return [
    {
      name: 'utf-16 to utf-8',
      weight: 1,
      run(random) {
        const text = units(random);
        pair.put(source, new Uint8Array(text.buffer));
        pair.fill(target, 0xa5);
        const limit = random.oneIn(3) ? random.below(600) : 600;
        const policy = random.below(4);
        compareText(pair, target, limit, 1, (engine) =>
          engine.utf16ToUtf8(source.address, text.length, target.address, limit, policy),
        );
      },
    },
    {
      name: 'utf-8 to utf-16',
      weight: 1,
      run(random) {
        const text = Buffer.from(Buffer.from(units(random).buffer).toString('utf16le'), 'utf8');
        const bytes = random.oneIn(2) ? mutate(random, text.length === 0 ? Uint8Array.of(0x41) : text) : text;
        pair.put(source, bytes);
        pair.fill(target, 0xa5);
        const limit = random.oneIn(3) ? random.below(300) : 600;
        const policy = random.below(4);
        compareText(pair, target, limit, 2, (engine) =>
          engine.utf8ToUtf16(source.address, bytes.length, target.address, limit, policy),
        );
      },
    },
  ];
}

type Kernel = Parameters<EnginePair['run']>[0];

/** Only what was reported counts as output: behind it, but not behind the limit, a vector store may have run over. */
function compareText(
  pair: EnginePair,
  target: { address: number; bytes: number },
  limit: number,
  unit: number,
  kernel: Kernel,
): void {
  const result = pair.run((engine) => {
    const written = kernel(engine);
    const { u8 } = engine.memory;
    for (let at = limit * unit; at < target.bytes; at++) {
      if (u8[target.address + at] !== 0xa5) throw new Error(`${engine.kind} stored behind the limit, at ${at}`);
    }
    const used = written < 0 ? 0 : written * unit;
    u8.fill(0, target.address + used, target.address + target.bytes);
    if (written < 0) u8.fill(0, target.address, target.address + target.bytes);
    return written;
  });
  pair.result(result < 0 ? table.RESULT_OFFSET : table.RESULT_CONSUMED);
}

function decodeTarget(pair: EnginePair): Target {
  const source = pair.area(MAX_REQUEST);
  const packets = pair.area(table.PACKET_RECORD_BYTES);
  const records = pair.area(table.DECODED_RECORD_BYTES, { output: true });
  const arena = pair.area(4096);
  return {
    name: 'decode',
    weight: 1,
    run(random) {
      const payload = mutate(random, random.pick(requests));
      pair.put(source, payload);
      pair.word(packets.address + table.PACKET_PAYLOAD, source.address);
      pair.word(packets.address + table.PACKET_PAYLOAD_BYTES, payload.length);
      pair.run((engine) => engine.decodeBatch(packets.address, 1, records.address, arena.address, 2048));
    },
  };
}

export function targets(): Target[] {
  const pair = new EnginePair();
  return [
    ...translationTargets(pair),
    ringTarget(pair),
    ...textTargets(new EnginePair()),
    decodeTarget(new EnginePair()),
  ];
}
