/**
 * Taps on the seams of a machine. A tap copies the very bytes that cross: ring packets as they lie in the data area
 * (descriptor, payload, padding, trailer) and daemon messages as the device carries them.
 */
import type { ChannelEnd } from '../channel/index.js';
import type { DeviceServer } from '../device/index.js';
import { CONTROL_BYTES, CONTROL_WRITE_INDEX } from '../wire/ring.js';

export type Seam = 'host-to-guest' | 'guest-to-host' | 'driver-to-daemon' | 'daemon-to-driver';

export interface Crossing {
  seam: Seam;
  /** A copy; the receiver owns it. */
  bytes: Uint8Array;
  /** Ring seams: where in the data area the packet starts. */
  ringOffset?: number;
}

export type Tap = (crossing: Crossing) => void;

/** `ring`: control page and data area of the ring that `end` writes. */
export function tapChannelEnd(
  end: ChannelEnd,
  seam: 'host-to-guest' | 'guest-to-host',
  ring: Uint8Array,
  tap: Tap,
): ChannelEnd {
  const control = new DataView(ring.buffer, ring.byteOffset, CONTROL_BYTES);
  const data = ring.subarray(CONTROL_BYTES);
  const writeIndex = () => control.getUint32(CONTROL_WRITE_INDEX, true);
  return {
    receive: (max) => end.receive(max),
    onDoorbell: (listener) => end.onDoorbell(listener),
    close: () => end.close(),
    send(payload, options) {
      const before = writeIndex();
      const result = end.send(payload, options);
      if (result.kind === 'sent') tap({ seam, bytes: unwrap(data, before, writeIndex()), ringOffset: before });
      return result;
    },
  };
}

/** A packet is contiguous modulo the size of the data area. */
function unwrap(data: Uint8Array, from: number, to: number): Uint8Array {
  if (to > from) return data.slice(from, to);
  const bytes = new Uint8Array(data.length - from + to);
  bytes.set(data.subarray(from));
  bytes.set(data.subarray(0, to), data.length - from);
  return bytes;
}

/** At the driver's end, where calls do not wait: the order of the tap is the order of the calls. */
export function tapDeviceServer(server: DeviceServer, tap: Tap): DeviceServer {
  return {
    open: (file) => server.open(file),
    poll: (file) => server.poll(file),
    release: (file) => server.release(file),
    onWake: (listener) => server.onWake(listener),
    read(file, size) {
      const outcome = server.read(file, size);
      if (outcome.kind === 'message') tap({ seam: 'driver-to-daemon', bytes: new Uint8Array(outcome.message) });
      return outcome;
    },
    write(file, message) {
      const outcome = server.write(file, message);
      if (outcome.kind === 'written')
        tap({ seam: 'daemon-to-driver', bytes: new Uint8Array(message.subarray(0, outcome.bytes)) });
      return outcome;
    },
  };
}
