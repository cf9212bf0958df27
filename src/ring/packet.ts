/** What stands in a packet table (src/wire/engine.ts), as objects. */
import type { Engine } from '../engine/index.js';
import {
  PACKET_EXTENDED,
  PACKET_PAYLOAD,
  PACKET_PAYLOAD_BYTES,
  PACKET_RECORD_BYTES,
  PACKET_START,
  PACKET_TRANSACTION_HIGH,
  PACKET_TRANSACTION_LOW,
  PACKET_TYPE_FLAGS,
} from '../wire/engine.js';
import { PACKET_COMPLETION, PACKET_GPA_DIRECT, PACKET_INBAND, PACKET_TRANSFER_PAGES } from '../wire/ring.js';

export interface RingPacket {
  /** Descriptor type: 6 in-band, 7 transfer pages, 9 GPA direct, 11 completion; any other number as it is. */
  type: number;
  /** Is the type one of those four? */
  known: boolean;
  flags: number;
  /** VMBus transaction id as two unsigned words. */
  transactionLow: number;
  transactionHigh: number;
  /** The header between descriptor and payload: page ranges of types 7 and 9, empty for in-band packets. */
  extended: Uint8Array;
  /** The payload with the sender's padding: only the pipe header inside knows the exact length. */
  payload: Uint8Array;
  /** Offset of the descriptor in the ring's data area. */
  start: number;
}

const KNOWN_TYPES = new Set<number>([PACKET_INBAND, PACKET_TRANSFER_PAGES, PACKET_GPA_DIRECT, PACKET_COMPLETION]);

/** Views on the packets of a table; nothing is copied. */
export function packetsOf(engine: Engine, table: number, count: number): RingPacket[] {
  const { u8, i32 } = engine.memory;
  const packets: RingPacket[] = [];
  for (let record = table; packets.length < count; record += PACKET_RECORD_BYTES) {
    const word = (field: number): number => i32[(record + field) >> 2]!;
    const type = word(PACKET_TYPE_FLAGS) & 0xffff;
    const payload = word(PACKET_PAYLOAD);
    packets.push({
      type,
      known: KNOWN_TYPES.has(type),
      flags: word(PACKET_TYPE_FLAGS) >>> 16,
      transactionLow: word(PACKET_TRANSACTION_LOW) >>> 0,
      transactionHigh: word(PACKET_TRANSACTION_HIGH) >>> 0,
      extended: u8.subarray(payload - word(PACKET_EXTENDED), payload),
      payload: u8.subarray(payload, payload + word(PACKET_PAYLOAD_BYTES)),
      start: word(PACKET_START),
    });
  }
  return packets;
}
