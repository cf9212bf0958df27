/**
 * One end of a VMBus channel: a ring to read, a ring to write and a doorbell each way (protocol.md 1).
 * Host and driver know a channel only through this interface.
 */

export interface Packet {
  /** Descriptor type: 6 in-band, 11 completion; any other number is reported as it is. */
  type: number;
  flags: number;
  /** VMBus transaction id as two words, low first; both are echoed in an answer. */
  transactionLow: number;
  transactionHigh: number;
  /** A private copy made when the packet was drained, padding included. Valid until the next `receive` on this end. */
  payload: Uint8Array;
}

export interface SendOptions {
  type?: number;
  flags?: number;
  transactionLow?: number;
  transactionHigh?: number;
}

/** `full` is not an error: `needed` bytes must become free; the peer signals when they are. */
export type SendResult = { kind: 'sent' } | { kind: 'full'; needed: number };

export interface ChannelEnd {
  /** Takes at most `max` packets out of the incoming ring. Empty: []. Corruption throws a KvpError ERR_RING_*. */
  receive(max?: number): Packet[];
  /** Puts one packet into the outgoing ring and rings the peer's doorbell when the protocol asks for it. */
  send(payload: Uint8Array, options?: SendOptions): SendResult;
  /** The peer rang: packets arrived, or room for a full send appeared. Returns the unsubscriber. */
  onDoorbell(listener: () => void): () => void;
  close(): void;
}
