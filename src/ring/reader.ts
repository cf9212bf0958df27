/** The consumer of a ring (protocol.md 1.5 and 1.7). */
import { requireChoice, requireInteger, requireObject } from '../arguments.js';
import { type EngineMemory, faultOf, type Region } from '../engine/index.js';
import { MisuseError } from '../errors.js';
import { PACKET_RECORD_BYTES, RESULT_BASE, RESULT_NEXT, SIGNAL_LINUX, SIGNAL_OPENVMM } from '../wire/engine.js';
import { loadControl, startIndex, storeControl } from './control.js';
import { packetsOf, type RingPacket } from './packet.js';
import { type Ring, requireRing } from './ring.js';

const DEFAULT_MAX_PACKETS = 256;
/** Engine calls stay short: a call that runs long never gets optimised code (perf.md 5). */
const MAX_PACKETS_PER_CALL = 4096;

export interface RingReaderOptions {
  /** Largest packet accepted, in bytes behind the 16-byte descriptor; default all that the ring can hold. */
  maxPacketBytes?: number;
  /** Most packets taken by one call; default 256, at most 4,096. */
  maxPackets?: number;
  /** Whose comparison decides about waking a producer that waits for room (protocol.md 1.7); default linux. */
  signal?: 'linux' | 'openvmm';
  /** Where to start; default the ring's own read index, as left by an earlier reader. */
  readIndex?: number;
}

export class RingReader {
  readonly ring: Ring;
  readonly #maxPacketBytes: number;
  readonly #maxPackets: number;
  readonly #variant: number;
  readonly #memory: EngineMemory;
  readonly #table: Region;
  readonly #out: Region;
  #readIndex: number;
  #signal = false;
  /** Read index behind the packets that `peek` showed. */
  #peeked: number | undefined;

  /** @throws KvpError ERR_RING_INDEX when the ring's own read index is impossible; ERR_ENGINE_MEMORY */
  constructor(ring: Ring, options: RingReaderOptions = {}) {
    requireRing(ring);
    requireObject('options', options);
    const { maxPacketBytes = ring.dataBytes, maxPackets = DEFAULT_MAX_PACKETS, signal = 'linux' } = options;
    requireInteger('maxPackets', maxPackets, 1, MAX_PACKETS_PER_CALL);
    requireInteger('maxPacketBytes', maxPacketBytes, 0, Number.MAX_SAFE_INTEGER);
    requireChoice('signal', signal, ['linux', 'openvmm']);
    const readIndex = startIndex(ring, 'readIndex', options.readIndex);
    this.ring = ring;
    this.#memory = ring.engine.memory;
    this.#maxPacketBytes = Math.min(maxPacketBytes, ring.dataBytes);
    this.#maxPackets = maxPackets;
    this.#variant = signal === 'openvmm' ? SIGNAL_OPENVMM : SIGNAL_LINUX;
    this.#readIndex = readIndex;
    [this.#table, this.#out] = this.#memory.allocateAll([maxPackets * PACKET_RECORD_BYTES, ring.dataBytes]);
  }

  /** Kept privately: what a peer writes over the shared one is ignored. */
  get readIndex(): number {
    return this.#readIndex;
  }

  /** Did the last `drain` or `commit` make room that the producer waits for? Then ring its doorbell. */
  get signal(): boolean {
    return this.#signal;
  }

  /**
   * Takes packets out of the ring, copied before they are looked at: safe whatever the producer does meanwhile. An
   * empty ring gives []. The payloads are views of the reader's own memory, valid until its next call.
   * `maxPacketBytes` lowers the limit on the packet for this call alone.
   *
   * @throws KvpError ERR_RING_INDEX, ERR_RING_DESCRIPTOR, ERR_RING_TRUNCATED: the ring is corrupt from here on;
   *   ERR_RING_PACKET_TOO_LARGE: the packet stays. Good packets before the fault are returned first. The reader is
   *   unchanged by an error and may be asked again.
   */
  drain(max = this.#maxPackets, maxPacketBytes = this.#maxPacketBytes): RingPacket[] {
    requireInteger('maxPacketBytes', maxPacketBytes, 0, Number.MAX_SAFE_INTEGER);
    const count = this.#read('ringDrain', max, Math.min(maxPacketBytes, this.#maxPacketBytes));
    if (count === 0) return [];
    this.#publish(this.#next());
    return packetsOf(this.ring.engine, this.#table.address, count);
  }

  /**
   * Shows packets where they stand, without taking them: only a packet that wraps is copied. For rings and traces
   * whose writer is trusted or gone, as a live peer could change them while they are read. Errors as for `drain`.
   */
  peek(max = this.#maxPackets): RingPacket[] {
    const count = this.#read('ringScan', max, this.#maxPacketBytes);
    this.#peeked = this.#next();
    return packetsOf(this.ring.engine, this.#table.address, count);
  }

  /** Takes what the last `peek` showed; its payloads are the producer's again. */
  commit(): void {
    if (this.#peeked === undefined) throw new MisuseError('commit without peek');
    this.#publish(this.#peeked);
    this.#peeked = undefined;
  }

  /** Asks the producer not to signal new packets. */
  mask(): void {
    storeControl(this.ring, 'interruptMask', 1);
  }

  /** Allows signals again. True when packets may have arrived unannounced: drain once more. */
  unmask(): boolean {
    storeControl(this.ring, 'interruptMask', 0);
    return loadControl(this.ring, 'writeIndex') !== this.#readIndex;
  }

  /** Gives the reader's memory back; the ring stays. */
  free(): void {
    this.#table.free();
    this.#out.free();
  }

  #read(kernel: 'ringDrain' | 'ringScan', max: number, maxPacketBytes: number): number {
    requireInteger('max', max, 1, Number.MAX_SAFE_INTEGER);
    this.#signal = false;
    this.#peeked = undefined;
    const { engine, address, dataBytes } = this.ring;
    const count = engine[kernel](
      address,
      dataBytes,
      this.#readIndex,
      this.#out.address,
      this.#out.bytes,
      this.#table.address,
      Math.min(max, this.#maxPackets),
      maxPacketBytes,
    );
    if (count < 0) throw faultOf(this.#memory, count);
    return count;
  }

  #next(): number {
    return this.#memory.i32[(RESULT_BASE + RESULT_NEXT) >> 2]!;
  }

  #publish(next: number): void {
    const { engine, address, dataBytes } = this.ring;
    this.#signal = engine.ringConsume(address, dataBytes, this.#readIndex, next, this.#variant) === 1;
    this.#readIndex = next;
  }
}
