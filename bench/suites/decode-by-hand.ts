/** Payloads read without the engine. */

export interface Message {
  operation: number;
  pool: number;
  key: string;
  value: string;
}
export type Sink = (message: Message) => void;

const STRIDE = 2624;

/** Integer views over one buffer, texts ended by a loop, two native slices a message. */
export function slicesReader(payloads: readonly Uint8Array[]): (first: number, count: number, sink: Sink) => void {
  const bytes = Buffer.from(new ArrayBuffer(payloads.length * STRIDE));
  for (const [i, payload] of payloads.entries()) bytes.set(payload, i * STRIDE);
  const units = new Uint16Array(bytes.buffer);
  const words = new Int32Array(bytes.buffer);
  const text = (at: number, stated: number): string => {
    let end = at;
    const last = at + stated;
    for (let unit = at >> 1; end < last && units[unit] !== 0; unit++) end += 2;
    return bytes.toString('utf16le', at, end);
  };
  return (first, count, sink) => {
    for (let i = 0, at = first * STRIDE; i < count; i++, at += STRIDE) {
      sink({
        operation: bytes[at + 28]!,
        pool: bytes[at + 29]!,
        key: text(at + 44, Math.min(words[(at + 36) >> 2]!, 512)),
        value: text(at + 556, Math.min(words[(at + 40) >> 2]!, 2048)),
      });
    }
  };
}

/** As most people would write it. */
export function nodeReader(payloads: readonly Uint8Array[]): (first: number, count: number, sink: Sink) => void {
  const decoder = new TextDecoder('utf-16le', { ignoreBOM: true });
  const text = (payload: Uint8Array, at: number, stated: number): string => {
    const decoded = decoder.decode(payload.subarray(at, at + stated));
    const end = decoded.indexOf('\0');
    return end < 0 ? decoded : decoded.slice(0, end);
  };
  return (first, count, sink) => {
    for (let i = first; i < first + count; i++) {
      const payload = payloads[i]!;
      const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
      sink({
        operation: view.getUint8(28),
        pool: view.getUint8(29),
        key: text(payload, 44, view.getUint32(36, true)),
        value: text(payload, 556, view.getUint32(40, true)),
      });
    }
  };
}
