/** A record of every payload between host and guest, one JSON object a line, for people and for replay. */

import { requireBytes, requireChoice, requireObject, requireTime } from '../arguments.js';

export interface TapRecord {
  direction: 'host-to-guest' | 'guest-to-host';
  /** The virtual machine's clock, milliseconds. */
  at: number;
  /** Pipe header onwards; ring padding included when the guest sent it. Valid during the call only. */
  payload: Uint8Array;
}

export type Tap = (record: TapRecord) => void;

/** One NDJSON line without the line feed: `{"at":12.5,"direction":"host-to-guest","bytes":2608,"payload":"0100…"}`. */
export function transcriptLine(record: TapRecord): string {
  requireObject('record', record);
  const { direction, at, payload } = record;
  requireChoice('direction', direction, ['host-to-guest', 'guest-to-host']);
  requireTime('at', at);
  requireBytes('payload', payload);
  const hex = Array.from(payload, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return JSON.stringify({ at, direction, bytes: payload.length, payload: hex });
}
