/**
 * One VMBus ring in engine memory: a control page of 4,096 bytes and a data area (protocol.md 1).
 *
 * A ring has one producer ({@link RingWriter}) and one consumer ({@link RingReader}), which share nothing but these
 * bytes: either may be hostile, each keeps its own index privately and checks the other's.
 *
 * @example
 * const engine = createEngine();
 * const ring = createRing(engine);
 * const writer = new RingWriter(ring);
 * const reader = new RingReader(ring);
 * const sent = writer.write(payload);          // { kind: 'sent', signal: true }
 * for (const packet of reader.drain()) handle(packet.payload);
 */
import { requireInteger, requireObject, wrong } from '../arguments.js';
import { type Engine, requireEngine } from '../engine/index.js';
import { CONTROL_BYTES, KVP_RING_DATA_BYTES, PACKET_ALIGNMENT, RING_PAGE_BYTES } from '../wire/ring.js';

const MAX_DATA_BYTES = 64 * 1024 * 1024;

export interface Ring {
  readonly engine: Engine;
  /** Byte address of the control page in engine memory; the data area follows it. */
  readonly address: number;
  readonly dataBytes: number;
  /** Control page and data area, for taps, tests and peers that map the memory. */
  readonly view: Uint8Array;
  /** Gives the memory back. Afterwards the ring and its ends throw MisuseError. */
  free(): void;
}

export interface RingOptions {
  /** A multiple of 4,096; default 12,288, which is what Linux and FreeBSD use for KVP. */
  dataBytes?: number;
}

/** @throws MisuseError for an impossible size; KvpError ERR_ENGINE_MEMORY when the memory is used up. */
export function createRing(engine: Engine, options: RingOptions = {}): Ring {
  requireObject('options', options);
  const { dataBytes = KVP_RING_DATA_BYTES } = options;
  requireEngine(engine);
  requireDataBytes(dataBytes);
  const region = engine.memory.allocate(CONTROL_BYTES + dataBytes);
  return {
    engine,
    get address() {
      return region.address;
    },
    dataBytes,
    get view() {
      return region.view;
    },
    free: () => region.free(),
  };
}

/** Throws MisuseError for what is no ring; a peer may have made it itself, over memory that it mapped. */
export function requireRing(ring: Ring): void {
  requireObject('ring', ring);
  requireEngine(ring.engine);
  requireDataBytes(ring.dataBytes);
  requireInteger(
    'ring.address',
    ring.address,
    0,
    ring.engine.memory.buffer.byteLength - CONTROL_BYTES - ring.dataBytes,
  );
  if (ring.address % PACKET_ALIGNMENT !== 0)
    throw wrong('ring.address', `a multiple of ${PACKET_ALIGNMENT}`, ring.address);
}

function requireDataBytes(dataBytes: number): void {
  requireInteger('dataBytes', dataBytes, RING_PAGE_BYTES, MAX_DATA_BYTES);
  if (dataBytes % RING_PAGE_BYTES !== 0)
    throw wrong('dataBytes', `a whole number of ${RING_PAGE_BYTES}-byte pages`, dataBytes);
}
