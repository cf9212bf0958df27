/** Every recorded ring operation of the Linux driver, on every engine. */
import { createEngine, createRing, loadControl, type Ring, RingReader, RingWriter, storeControl } from 'hv-kvp/ring';
import { ENGINES, unhex, vectors } from '../_support/golden.js';
import { assert, suite } from '../_support/suite.js';

interface Pattern {
  seed: number;
  len: number;
}

interface Operation {
  op: 'write' | 'read' | 'peer_write' | 'peer_set';
  payload?: Pattern;
  packet?: { descriptor_hex: string; payload: Pattern; trailer_hex: string };
  transaction_id?: string;
  type?: number;
  flags?: number;
  result?: 'ok' | 'EAGAIN' | 'EIO' | 'ENOBUFS' | 'EINVAL';
  signal?: boolean;
  read?: number;
  write?: number;
  buflen?: number;
  raw?: boolean;
  length?: number;
  data_hex?: string;
  at?: number;
  hex?: string;
  interrupt_mask?: number;
  pending_send_sz?: number;
  feature_bits?: number;
}

interface Vector {
  name: string;
  quirk?: string;
  ring: 'guest_to_host' | 'host_to_guest';
  ring_data_size: number;
  fill: string;
  start: { read: number; write: number };
  private_buffer?: number;
  ops: Operation[];
  after: { read: number; write: number; interrupt_mask: number; pending_send_sz: number; feature_bits: number };
  data?: { offset: number; hex: string }[];
}

/** Where we refuse what the Linux driver accepts: which operation, with which code. */
interface RingRule {
  name: string;
  quirks: string[];
  /** Vectors that say nothing of a quirk. */
  names?: string[];
  reason: string;
  /** `at` is the reader's index before the operation. */
  refuses(vector: Vector, operation: Operation, at: number): string | undefined;
}

const CONTROL = 4096;
const DESCRIPTOR_BYTES = 16;
const WORDS = {
  read: 'readIndex',
  write: 'writeIndex',
  interrupt_mask: 'interruptMask',
  pending_send_sz: 'pendingSend',
  feature_bits: 'features',
} as const;
type Word = keyof typeof WORDS;
const wordNames = Object.keys(WORDS) as Word[];

const RULES: RingRule[] = [
  {
    name: 'bad-descriptor-is-corruption',
    quirks: [
      'bad descriptor is clamped instead of being rejected',
      'bad descriptor is clamped instead of being rejected; read index then runs 8 bytes past the write index',
      'bad descriptor is clamped instead of being rejected (both packets delivered as one)',
    ],
    reason: 'bytes that nobody sent as a packet must not be delivered as one (OpenVMM refuses them too)',
    refuses(vector, operation) {
      const descriptor = unhex(vector.ops.find(({ op }) => op === 'peer_write')!.hex!);
      const [offset8, length8] = [descriptor[2]!, descriptor[4]!];
      if (operation.op !== 'read') return undefined;
      return offset8 < 2 || offset8 > length8 ? 'ERR_RING_DESCRIPTOR' : 'ERR_RING_TRUNCATED';
    },
  },
  {
    name: 'packets-end-before-the-write-index',
    quirks: [
      'no cross-check with the write index: next packet starts inside this one',
      'missing trailer not noticed: read index runs past the write index',
    ],
    reason:
      'a reader that passes the write index takes the whole ring for unread; fewer bytes than a descriptor are left ' +
      'over and never become a packet',
    refuses(_, { op, read, write }, at) {
      if (op !== 'read') return undefined;
      if (write! > at && write! - at < DESCRIPTOR_BYTES) return 'ERR_RING_INDEX';
      return read! > write! ? 'ERR_RING_TRUNCATED' : undefined;
    },
  },
  {
    name: 'write-index-is-checked',
    quirks: ['write index not validated'],
    reason: 'an index outside the data area or between two packets cannot come from a sane peer',
    refuses: (_, { op }) => (op === 'read' ? 'ERR_RING_INDEX' : undefined),
  },
  {
    name: 'read-index-is-checked',
    quirks: ['alignment of the peer read index not validated'],
    reason: 'free space computed from such an index is wrong',
    refuses: (_, { op, read }) => (op === 'write' && read! % 8 !== 0 ? 'ERR_RING_INDEX' : undefined),
  },
  {
    name: 'impossible-is-not-empty',
    quirks: [],
    names: ['only 8 bytes available', 'only 15 bytes available'],
    reason: 'no packet is that short: a reader that waits for the rest of it waits for ever (OpenVMM fails the ring)',
    refuses: (_, { op }) => (op === 'read' ? 'ERR_RING_INDEX' : undefined),
  },
  {
    name: 'large-packet-stays',
    quirks: ['length clamped to the private packet buffer; the rest of the packet is then parsed as the next packet'],
    reason: 'half a packet is none',
    refuses: (_, { op }) => (op === 'read' ? 'ERR_RING_PACKET_TOO_LARGE' : undefined),
  },
];

const pattern = ({ seed, len }: Pattern): Uint8Array => Uint8Array.from({ length: len }, (_, i) => (seed + i) & 0xff);

/** Descriptor, payload with its padding, trailer. */
function packetBytes({ descriptor_hex, payload, trailer_hex }: NonNullable<Operation['packet']>): Uint8Array {
  const padding = new Uint8Array((8 - (payload.len % 8)) % 8);
  return new Uint8Array(Buffer.concat([unhex(descriptor_hex), pattern(payload), padding, unhex(trailer_hex)]));
}

function codeOf(work: () => void): string {
  try {
    work();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'ok';
}

class Replay {
  readonly #vector: Vector;
  readonly #rule: RingRule | undefined;
  readonly #ring: Ring;
  readonly #reader: RingReader;
  readonly #writer: RingWriter;
  refused = 0;

  constructor(vector: Vector, rule: RingRule | undefined, ring: Ring) {
    this.#vector = vector;
    this.#rule = rule;
    this.#ring = ring;
    ring.view.fill(Number.parseInt(vector.fill, 16), CONTROL);
    storeControl(ring, 'readIndex', vector.start.read);
    storeControl(ring, 'writeIndex', vector.start.write);
    this.#writer = new RingWriter(ring);
    this.#reader = new RingReader(
      ring,
      vector.private_buffer === undefined ? {} : { maxPacketBytes: vector.private_buffer - 16 },
    );
  }

  run(): void {
    for (const operation of this.#vector.ops) {
      if (operation.op === 'peer_write') this.#peerWrite(operation);
      else if (operation.op === 'peer_set') this.#peerSet(operation);
      else {
        const code = this.#rule?.refuses(this.#vector, operation, this.#reader.readIndex);
        const before = [this.#reader.readIndex, this.#writer.writeIndex];
        if (code === undefined) {
          if (operation.op === 'write') this.#write(operation);
          else this.#read(operation);
          continue;
        }
        this.refused++;
        const attempt = operation.op === 'write' ? () => this.#send(operation) : () => this.#reader.drain(1);
        assert.is(codeOf(attempt), code);
        assert.equal([this.#reader.readIndex, this.#writer.writeIndex], before);
      }
    }
    if (this.refused === 0) for (const word of wordNames) this.#expectWord(word, this.#vector.after[word]);
    this.#expectData();
  }

  free(): void {
    this.#reader.free();
    this.#writer.free();
    this.#ring.free();
  }

  #peerWrite({ at = 0, hex, packet, write }: Operation): void {
    const bytes = packet === undefined ? unhex(hex!) : packetBytes(packet);
    const { dataBytes, view } = this.#ring;
    for (const [i, byte] of bytes.entries()) view[CONTROL + ((at + i) % dataBytes)] = byte;
    storeControl(this.#ring, 'writeIndex', write!);
  }

  #peerSet(operation: Operation): void {
    for (const word of wordNames) {
      const value = operation[word];
      if (value !== undefined) storeControl(this.#ring, WORDS[word], value);
    }
  }

  #send({ payload, transaction_id = '0x0', type, flags }: Operation): ReturnType<RingWriter['write']> {
    const id = BigInt(transaction_id);
    return this.#writer.write(pattern(payload!), {
      transactionLow: Number(id & 0xffffffffn),
      transactionHigh: Number(id >> 32n),
      ...(type === undefined ? {} : { type }),
      ...(flags === undefined ? {} : { flags }),
    });
  }

  #write(operation: Operation): void {
    let result = 'EAGAIN';
    let signal = false;
    const code = codeOf(() => {
      const sent = this.#send(operation);
      if (sent.kind === 'sent') {
        result = 'ok';
        signal = sent.signal;
      }
    });
    if (code === 'ERR_RING_INDEX') result = 'EIO';
    // A packet that can never fit is refused for ever, which Linux reports like one that must wait.
    else if (code === 'ERR_RING_PAYLOAD_TOO_LARGE') assert.ok(operation.payload!.len + 24 >= this.#ring.dataBytes - 8);
    else assert.is(code, 'ok');
    assert.is(result, operation.result);
    assert.is(signal, operation.signal);
    this.#expectWord('read', operation.read);
    this.#expectWord('write', operation.write);
  }

  #read(operation: Operation): void {
    let packet: ReturnType<RingReader['drain']>[number] | undefined;
    const headroom = operation.raw === true ? 16 : 0;
    const code = codeOf(() => {
      [packet] = this.#reader.drain(1, operation.buflen! - headroom);
    });
    // A buffer of no bytes is too small for any packet: EINVAL says no more.
    if (operation.result !== 'ok') assert.is(code, 'ERR_RING_PACKET_TOO_LARGE');
    else {
      assert.is(code, 'ok');
      assert.is((packet?.payload.length ?? 0) + (packet === undefined ? 0 : headroom), operation.length);
      if (operation.data_hex !== undefined) {
        const hex = Buffer.from(packet!.payload).toString('hex');
        assert.is(hex, operation.data_hex.slice(2 * headroom));
        const descriptor = operation.raw === true ? unhex(operation.data_hex) : undefined;
        if (descriptor !== undefined) assert.equal([packet!.type, packet!.flags], [descriptor[0], descriptor[6]]);
      }
      if (packet !== undefined && operation.transaction_id !== undefined) {
        const id = (BigInt(packet.transactionHigh) << 32n) | BigInt(packet.transactionLow);
        assert.is(id, BigInt(operation.transaction_id));
      }
    }
    assert.is(this.#reader.signal, operation.signal);
    this.#expectWord('read', operation.read);
    this.#expectWord('write', operation.write);
  }

  #expectWord(word: Word, value: number | undefined): void {
    assert.is(loadControl(this.#ring, WORDS[word]), value, word);
  }

  /** The writer touched these bytes and no others; what a refused write would have touched is not there. */
  #expectData(): void {
    const { data, fill, ring } = this.#vector;
    if (ring !== 'guest_to_host') return;
    const expected = new Uint8Array(this.#ring.dataBytes).fill(Number.parseInt(fill, 16));
    for (const { offset, hex } of data ?? []) {
      const bytes = unhex(hex);
      expected.set(this.refused === 0 ? bytes : bytes.subarray(0, this.#writer.writeIndex - offset), offset);
    }
    assert.is(Buffer.compare(this.#ring.view.subarray(CONTROL), expected), 0, 'data area');
  }
}

suite('ring vectors', ({ test }) => {
  for (const kind of ENGINES) {
    test(`all, ${kind}`, () => {
      const engine = createEngine({ engine: kind, bytes: 4 * 1024 * 1024 });
      const used = new Map<string, number>();
      for (const vector of vectors<Vector>('ring')) {
        const matching = RULES.filter(
          ({ quirks, names = [] }) => quirks.includes(vector.quirk ?? '') || names.includes(vector.name),
        );
        assert.ok(matching.length === 1 || (vector.quirk === undefined && matching.length === 0), vector.name);
        const ring = createRing(engine, { dataBytes: vector.ring_data_size });
        const replay = new Replay(vector, matching[0], ring);
        try {
          replay.run();
        } catch (error) {
          throw new Error(`${vector.name}: ${(error as Error).message}`, { cause: error });
        }
        replay.free();
        const name = matching[0]?.name;
        if (name !== undefined) used.set(name, (used.get(name) ?? 0) + replay.refused);
      }
      for (const { name } of RULES) assert.ok((used.get(name) ?? 0) > 0, `rule ${name} refuses nothing`);
    });
  }
});
