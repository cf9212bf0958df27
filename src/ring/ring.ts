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
import type { Engine } from '../engine/index.js';
import { MisuseError } from '../errors.js';
import { CONTROL_BYTES, KVP_RING_DATA_BYTES, RING_PAGE_BYTES } from '../wire/ring.js';

const MAX_DATA_BYTES = 64 * 1024 * 1024;

export interface Ring {
  readonly engine: Engine;
  /** Byte address of the control page in engine memory; the data area follows it. */
  readonly address: number;
  readonly dataBytes: number;
  /** Control page and data area, for taps, tests and peers that map the memory. */
  readonly view: Uint8Array;
  /** Gives the memory back. The ring and its ends must not be used afterwards. */
  free(): void;
}

export interface RingOptions {
  /** A multiple of 4,096; default 12,288, which is what Linux and FreeBSD use for KVP. */
  dataBytes?: number;
}

/** @throws MisuseError for an impossible size; KvpError ERR_ENGINE_MEMORY when the memory is used up. */
export function createRing(engine: Engine, { dataBytes = KVP_RING_DATA_BYTES }: RingOptions = {}): Ring {
  if (!(dataBytes > 0 && dataBytes <= MAX_DATA_BYTES && dataBytes % RING_PAGE_BYTES === 0)) {
    throw new MisuseError(`a ring has a whole number of ${RING_PAGE_BYTES}-byte pages, not ${dataBytes} bytes`);
  }
  const region = engine.memory.allocate(CONTROL_BYTES + dataBytes);
  return { engine, address: region.address, dataBytes, view: region.view, free: () => region.free() };
}
