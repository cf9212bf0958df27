/** A VMBus channel with both ends in this process: two rings in engine memory and a doorbell each way. */
import { requireBytes, requireFunction, requireObject } from '../arguments.js';
import {
  createEngine,
  createRing,
  type Engine,
  type Ring,
  type RingOptions,
  RingReader,
  RingWriter,
} from '../ring/index.js';
import type { ChannelEnd, Packet, SendOptions, SendResult } from './end.js';
import { doorbellsInTurns, type Schedule } from './turns.js';

export interface LocalChannelOptions extends RingOptions {
  /** Whose memory holds the rings; default one of its own. Share it between channels. */
  engine?: Engine;
  /** How a doorbell reaches the other end; default soon, in turns with timers. It must not call back before it returns. */
  schedule?: Schedule;
}

export interface LocalChannel {
  readonly host: ChannelEnd;
  readonly guest: ChannelEnd;
  /** Guest → host and host → guest ring, for taps. */
  readonly rings: { readonly toHost: Ring; readonly toGuest: Ring };
  /** Closes both ends and gives the rings back. */
  close(): void;
}

/** KVP has one request in flight; more is taken by the next call. */
const PACKETS_A_CALL = 64;

class End implements ChannelEnd {
  readonly #reader: RingReader;
  readonly #writer: RingWriter;
  readonly #schedule: Schedule;
  readonly #listeners = new Set<() => void>();
  #peer: End | undefined;
  #rung = false;
  #closed = false;

  constructor(incoming: Ring, outgoing: Ring, schedule: Schedule) {
    this.#reader = new RingReader(incoming, { maxPackets: PACKETS_A_CALL });
    this.#writer = new RingWriter(outgoing);
    this.#schedule = schedule;
  }

  connect(peer: End): void {
    this.#peer = peer;
  }

  receive(max?: number): Packet[] {
    if (this.#closed) return [];
    const packets = this.#reader.drain(max);
    if (this.#reader.signal) this.#peer?.ring();
    return packets;
  }

  send(payload: Uint8Array, options?: SendOptions): SendResult {
    requireBytes('payload', payload);
    if (this.#closed) return { kind: 'full', needed: payload.length };
    for (;;) {
      const result = this.#writer.write(payload, options);
      if (result.kind === 'full') {
        if (this.#writer.waitForRoom(result.needed)) continue;
        return result;
      }
      this.#writer.stopWaiting();
      if (result.signal) this.#peer?.ring();
      return { kind: 'sent' };
    }
  }

  onDoorbell(listener: () => void): () => void {
    requireFunction('listener', listener);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Rings of one turn are one ring: the listener drains what is there. */
  ring(): void {
    if (this.#rung || this.#closed) return;
    this.#rung = true;
    this.#schedule(() => {
      this.#rung = false;
      if (!this.#closed) for (const listener of [...this.#listeners]) listener();
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listeners.clear();
    this.#reader.free();
    this.#writer.free();
  }
}

/**
 * @example
 * const { host, guest } = createLocalChannel({ engine: codec.engine });
 * guest.onDoorbell(() => guest.receive().forEach(answer));
 * host.send(encodeKvpRequest(message));
 */
export function createLocalChannel(options: LocalChannelOptions = {}): LocalChannel {
  requireObject('options', options);
  const { schedule = doorbellsInTurns() } = options;
  requireFunction('schedule', schedule);
  const engine = options.engine ?? createEngine();
  const undo: (() => void)[] = [];
  const close = (): void => {
    for (const step of undo.splice(0).reverse()) step();
  };
  const ring = (): Ring => {
    const made = createRing(engine, options);
    undo.push(() => made.free());
    return made;
  };
  const end = (incoming: Ring, outgoing: Ring): End => {
    const made = new End(incoming, outgoing, schedule);
    undo.push(() => made.close());
    return made;
  };
  try {
    const [toHost, toGuest] = [ring(), ring()];
    const [host, guest] = [end(toHost, toGuest), end(toGuest, toHost)];
    host.connect(guest);
    guest.connect(host);
    return { host, guest, rings: { toHost, toGuest }, close };
  } catch (error) {
    // A half-made channel gives its memory back: the engine is the caller's.
    close();
    throw error;
  }
}
