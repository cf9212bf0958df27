/** Every ring script of OpenVMM's host on every engine: the same bytes, indices, packets and signals. */
import {
  createEngine,
  createRing,
  type Engine,
  loadControl,
  type Ring,
  type RingPacket,
  RingReader,
  RingWriter,
  storeControl,
} from 'hv-kvp/ring';
import { difference, ENGINES } from '../_support/golden.js';
import { bytesOfRuns, recorded } from '../_support/openvmm.js';
import { assert, suite } from '../_support/suite.js';

interface RecordedPacket {
  type: keyof typeof TYPES;
  transaction: string | null;
  payload: string;
}
type Written = 'written' | { full: number } | { error: string };
type Taken = RecordedPacket | 'empty' | { error: string };
interface Image {
  data: string;
  in: number;
  out: number;
  mask: number;
  pending: number;
  features: number;
}
type Step =
  | { do: 'reader' | 'writer'; result: 'ok' }
  | { do: 'mask'; state: boolean }
  | { do: 'word'; index: number; value: number }
  | { do: 'data'; offset: number; hex: string }
  | { do: 'pending'; size: number; result: 'ok' | { error: string } }
  | { do: 'write'; packets: RecordedPacket[]; result: { packets: Written[]; signal: boolean } | { error: string } }
  | { do: 'read'; max?: number; result: { out: number; packets: Taken[]; signal: boolean } | { error: string } }
  | { do: 'image'; result: Image };

interface Script {
  name: string;
  size: number;
  steps: Step[];
}

const DATA = 4096;
const TYPES = {
  'in-band': { type: 6, flags: 0 },
  'in-band, completion asked': { type: 6, flags: 1 },
  completion: { type: 11, flags: 0 },
} as const;
const WORDS = new Map([
  [0, 'writeIndex'],
  [1, 'readIndex'],
  [2, 'interruptMask'],
  [3, 'pendingSend'],
  [16, 'features'],
] as const);

/** Deliberate differences, which test/vectors/openvmm/README.md explains. */
const ANY_TYPE_AND_FLAGS = /^hostile packet: (type (?!6$)|flags 0x(?![01]$))/;
const LARGEST_PACKET = 'one packet that takes 4088 of 4096 bytes';
const MISSING_TRAILER = 'hostile packet: length 5, 40 bytes there';

/** OpenVMM's words → our code. */
const CODES: Readonly<Record<string, readonly string[]>> = {
  'invalid ring buffer pointer': ['ERR_RING_INDEX'],
  'invalid message length': ['ERR_RING_PAYLOAD_TOO_LARGE'],
  'invalid descriptor offset or length': ['ERR_RING_DESCRIPTOR', 'ERR_RING_TRUNCATED'],
  'invalid data available': ['ERR_RING_INDEX'],
};

function codeOf(work: () => void): string {
  try {
    work();
    return 'ok';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

class Replay {
  readonly #script: Script;
  readonly #ring: Ring;
  #reader: RingReader;
  #writer: RingWriter;
  /** The wish that ours withdrew at once, because the room was there. */
  #withdrawn = false;

  constructor(script: Script, engine: Engine) {
    this.#script = script;
    this.#ring = createRing(engine, { dataBytes: script.size });
    this.#writer = new RingWriter(this.#ring);
    this.#reader = new RingReader(this.#ring, { signal: 'openvmm' });
    // OpenVMM's reader begins masked.
    this.#reader.mask();
  }

  run(): void {
    for (const step of this.#script.steps) this.#step(step);
    this.#reader.free();
    this.#writer.free();
    this.#ring.free();
  }

  #step(step: Step): void {
    switch (step.do) {
      case 'reader':
      case 'writer':
        return;
      case 'mask':
        if (step.state) this.#reader.mask();
        else this.#reader.unmask();
        return;
      case 'word':
        storeControl(this.#ring, WORDS.get(step.index as 0)!, step.value);
        return;
      case 'data':
        this.#ring.view.set(bytesOfRuns(step.hex), DATA + step.offset);
        return;
      case 'pending':
        this.#pending(step);
        return;
      case 'write':
        this.#write(step);
        return;
      case 'read':
        this.#read(step);
        return;
      case 'image':
        this.#image(step.result);
    }
  }

  #pending({ size, result }: Extract<Step, { do: 'pending' }>): void {
    const code = codeOf(() => {
      this.#withdrawn = this.#writer.waitForRoom(size);
    });
    if (result === 'ok') assert.is(code, 'ok');
    else assert.ok(CODES[result.error]!.includes(code), `${code} for "${result.error}"`);
  }

  #write({ packets, result }: Extract<Step, { do: 'write' }>): void {
    // OpenVMM takes both indices from the shared page each time; ours keeps its own from the start.
    const written: Written[] = [];
    let signal = false;
    const code = codeOf(() => {
      if (loadControl(this.#ring, 'writeIndex') !== this.#writer.writeIndex) this.#writer = new RingWriter(this.#ring);
      for (const packet of packets) written.push(this.#reserve(packet));
      signal = this.#writer.commit();
    });
    if ('error' in result) {
      assert.ok(CODES[result.error]!.includes(code), `${code} for "${result.error}"`);
      return;
    }
    const [first] = result.packets;
    if (typeof first === 'object' && 'error' in first) {
      if (this.#script.name === LARGEST_PACKET) assert.equal([code, written], ['ok', ['written']]);
      else assert.ok(CODES[first.error]!.includes(code), `${code} for "${first.error}"`);
      return;
    }
    assert.is(code, 'ok');
    assert.equal(written, result.packets);
    assert.is(signal, result.signal);
  }

  #reserve({ type, transaction, payload }: RecordedPacket): Written {
    const id = BigInt(transaction ?? '0');
    const bytes = bytesOfRuns(payload);
    const words = { transactionLow: Number(id & 0xffffffffn), transactionHigh: Number(id >> 32n) };
    const room = this.#writer.reserve(bytes.length, { ...TYPES[type], ...words });
    if (room.kind === 'full') return { full: room.needed };
    let done = 0;
    for (const span of room.spans) {
      span.set(bytes.subarray(done, done + span.length));
      done += span.length;
    }
    return 'written';
  }

  #read({ max, result }: Extract<Step, { do: 'read' }>): void {
    const { name } = this.#script;
    let packets: RingPacket[] = [];
    const code = codeOf(() => {
      if (loadControl(this.#ring, 'readIndex') !== this.#reader.readIndex)
        this.#reader = new RingReader(this.#ring, { signal: 'openvmm' });
      packets = this.#reader.drain(max);
    });
    if ('error' in result) {
      assert.ok(CODES[result.error]!.includes(code), `${code} for "${result.error}"`);
      return;
    }
    if (name === LARGEST_PACKET) {
      assert.is(packets.length, 1);
      return;
    }
    if (name === MISSING_TRAILER) {
      assert.is(code, 'ERR_RING_TRUNCATED');
      return;
    }
    if (ANY_TYPE_AND_FLAGS.test(name)) {
      assert.is(code, 'ok');
      const descriptor = this.#ring.view.subarray(DATA, DATA + 8);
      const view = new DataView(descriptor.buffer, descriptor.byteOffset);
      const [packet] = packets;
      assert.equal([packet!.type, packet!.flags], [view.getUint16(0, true), view.getUint16(6, true)]);
      assert.is(packet!.known, [6, 7, 9, 11].includes(packet!.type));
      return;
    }
    const wanted = result.packets.filter((each): each is RecordedPacket => typeof each === 'object' && 'type' in each);
    assert.is(packets.length, wanted.length);
    for (const [i, packet] of packets.entries()) this.#expectPacket(packet, wanted[i]!);
    if (wanted.length > 0) assert.is(this.#reader.signal, result.signal);
    assert.is(this.#reader.readIndex, result.out);
    const last = result.packets.at(-1);
    if (last === 'empty') assert.equal(packets.length === 0 ? packets : this.#reader.drain(), []);
    else if (typeof last === 'object' && 'error' in last) {
      const found = packets.length === 0 ? code : codeOf(() => this.#reader.drain());
      assert.ok(CODES[last.error]!.includes(found), `${found} for "${last.error}"`);
    }
  }

  #expectPacket(packet: RingPacket, { type, transaction, payload }: RecordedPacket): void {
    assert.is(packet.type, TYPES[type].type);
    assert.is(difference(packet.payload, bytesOfRuns(payload)), undefined);
    if (transaction === null) return;
    assert.is(String((BigInt(packet.transactionHigh) << 32n) | BigInt(packet.transactionLow)), transaction);
  }

  #image(image: Image): void {
    assert.is(difference(this.#ring.view.subarray(DATA), bytesOfRuns(image.data)), undefined);
    assert.equal(
      [...WORDS.values()].map((word) => loadControl(this.#ring, word)),
      [image.in, image.out, image.mask, this.#withdrawn ? 0 : image.pending, image.features],
    );
  }
}

suite('ring/scripts of OpenVMM', ({ test }) => {
  const engines = ENGINES.map((engine) => createEngine({ engine, bytes: 1024 * 1024 }));
  for (const script of recorded<Script>('rings')) {
    test(script.name, () => {
      for (const engine of engines) new Replay(script, engine).run();
    });
  }
});
