/**
 * A channel end over two plain queues, for tests that are about the driver and not about rings: the host's side is
 * the test's own, packets are whole, and the outgoing side can be made full.
 */
import type { ChannelEnd, Packet, SendOptions, SendResult } from '#internal';

export interface Sent {
  payload: Uint8Array;
  transactionLow: number;
  transactionHigh: number;
}

export class PacketQueue implements ChannelEnd {
  /** What the guest sent, oldest first. */
  readonly sent: Sent[] = [];
  /** While this is 0 the guest finds its ring full; each packet sent takes one. */
  room = Number.POSITIVE_INFINITY;
  /** Thrown by the next receive. */
  corruption: Error | undefined;
  onSent: (sent: Sent) => void = () => {};
  readonly #incoming: Packet[] = [];
  #given: Packet[] = [];
  readonly #listeners = new Set<() => void>();

  get waiting(): number {
    return this.#incoming.length;
  }

  /** Puts a packet into the guest's ring; the payload stands there as it is received, padding included. */
  put(payload: Uint8Array, { type = 6, flags = 0, transactionLow = 0, transactionHigh = 0 }: SendOptions = {}): void {
    this.#incoming.push({ type, flags, transactionLow, transactionHigh, payload: new Uint8Array(payload) });
  }

  ring(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  receive(max = Number.POSITIVE_INFINITY): Packet[] {
    if (this.corruption !== undefined) {
      const error = this.corruption;
      this.corruption = undefined;
      throw error;
    }
    // As a ring reader's: what it gave out before is no longer good.
    for (const { payload } of this.#given) payload.fill(0xdd);
    this.#given = this.#incoming.splice(0, Math.min(max, this.#incoming.length));
    return this.#given;
  }

  send(payload: Uint8Array, { transactionLow = 0, transactionHigh = 0 }: SendOptions = {}): SendResult {
    if (this.room <= 0) return { kind: 'full', needed: payload.length + 24 };
    this.room--;
    const sent = { payload: new Uint8Array(payload), transactionLow, transactionHigh };
    this.sent.push(sent);
    this.onSent(sent);
    return { kind: 'sent' };
  }

  onDoorbell(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#listeners.clear();
  }
}
