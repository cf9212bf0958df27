/**
 * Reads recorded bytes with nothing but the offsets of protocol.md: no import from the package, so that a mistake in
 * the wire constants cannot hide. Throws where a byte contradicts the protocol.
 */

function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(`recording contradicts the protocol: ${what}`);
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function utf16(bytes: Uint8Array): string {
  const view = viewOf(bytes);
  let text = '';
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    const unit = view.getUint16(at, true);
    if (unit === 0) return text;
    text += String.fromCharCode(unit);
  }
  return text;
}

function utf8(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder('utf-8', { fatal: true }).decode(end < 0 ? bytes : bytes.subarray(0, end));
}

const zero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

export interface RingMessage {
  icType: number;
  framework: string;
  message: string;
  status: number;
  flags: number;
  operation?: number;
  pool?: number;
  index?: number;
  key?: string;
  value?: string;
  adapterId?: string;
  addresses?: string;
}

/** One packet as it lies in the data area (protocol.md 1.4, 1.8, 1.9, 2.1, 3). */
export function decodeRingImage(image: Uint8Array, ringOffset: number): RingMessage {
  const view = viewOf(image);
  must(view.getUint16(0, true) === 6, 'descriptor type is in-band');
  must(view.getUint16(2, true) === 2, 'payload starts 16 bytes in');
  const packet = view.getUint16(4, true) * 8;
  must(packet + 8 === image.length, 'descriptor length and trailer fill the image');
  must(view.getUint16(6, true) === 0, 'no descriptor flags');
  must(view.getUint32(packet, true) === 0, 'trailer reserved word');
  must(view.getUint32(packet + 4, true) === ringOffset, 'trailer holds the start offset');

  must(view.getUint32(16, true) === 1, 'pipe type is data');
  const length = view.getUint32(20, true);
  must(length <= packet - 24, 'pipe length within the payload');
  must(zero(image.subarray(24 + length, packet)), 'padding is zero');
  const size = view.getUint16(34, true);
  must(size <= length - 20, 'IC size within the pipe length');
  const ic: RingMessage = {
    framework: `${view.getUint16(24, true)}.${view.getUint16(26, true)}`,
    icType: view.getUint16(28, true),
    message: `${view.getUint16(30, true)}.${view.getUint16(32, true)}`,
    status: view.getUint32(36, true),
    flags: view.getUint8(41),
  };
  must(view.getUint8(40) === 0, 'IC transaction id is 0');
  if (ic.icType === 0) return ic;
  must(ic.icType === 2, 'IC type is KVP');
  return { ...ic, ...decodeKvp(image.subarray(44, 44 + size)) };
}

function decodeKvp(body: Uint8Array): Partial<RingMessage> {
  const view = viewOf(body);
  const operation = view.getUint8(0);
  const common = { operation, pool: view.getUint8(1) };
  if (operation === 4 || operation === 5) {
    must(body.length === 7428, 'IP messages have 7,428 bytes');
    return { ...common, adapterId: utf16(body.subarray(2, 258)), addresses: utf16(body.subarray(260, 2308)) };
  }
  must(body.length === 2580, 'value messages have 2,580 bytes');
  must(view.getUint16(2, true) === 0, 'header padding is zero');
  switch (operation) {
    case 0:
    case 1:
      return { ...common, key: utf16(body.subarray(16, 528)), value: utf16(body.subarray(528, 2576)) };
    case 2:
      return { ...common, key: utf16(body.subarray(8, 520)) };
    case 3:
      return {
        ...common,
        index: view.getUint32(4, true),
        key: utf16(body.subarray(20, 532)),
        value: utf16(body.subarray(532, 2580)),
      };
    default:
      throw new Error(`recording contradicts the protocol: operation ${operation}`);
  }
}

export interface DeviceMessage {
  operation: number;
  pool: number;
  /** Of an answer; overlays operation and pool. */
  status: number;
  key: string;
  value: string;
  index: number;
  version: string;
  adapterId: string;
  addresses: string;
}

/** One daemon message (protocol.md 4.1), read as the body of `operation`, or of its own first byte. */
export function decodeDeviceMessage(message: Uint8Array, operation = message[0] ?? -1): DeviceMessage {
  must(message.length === 7432, 'daemon messages have 7,432 bytes');
  const view = viewOf(message);
  const at = { 0: [16, 528], 1: [16, 528], 2: [8, 520], 3: [20, 532] }[operation];
  const isIp = operation === 4 || operation === 5;
  return {
    operation: view.getUint8(0),
    pool: view.getUint8(1),
    status: view.getUint32(0, true),
    index: view.getUint32(4, true),
    key: at ? utf8(message.subarray(at[0], (at[0] ?? 0) + 512)) : '',
    value: at && operation !== 2 ? utf8(message.subarray(at[1], (at[1] ?? 0) + 2048)) : '',
    version: operation === 100 ? utf8(message.subarray(4, 516)) : '',
    adapterId: isIp ? utf8(message.subarray(4, 260)) : '',
    addresses: isIp ? utf8(message.subarray(262, 2310)) : '',
  };
}

/** The records of a pool file (protocol.md 5.2); every byte behind a text is zero. */
export function decodePoolFile(bytes: Uint8Array): [key: string, value: string][] {
  must(bytes.length % 2560 === 0, 'a pool file is whole records');
  return Array.from({ length: bytes.length / 2560 }, (_, record) => {
    const key = bytes.subarray(record * 2560, record * 2560 + 512);
    const value = bytes.subarray(record * 2560 + 512, (record + 1) * 2560);
    for (const field of [key, value]) must(zero(field.subarray(Math.max(0, field.indexOf(0)))), 'fields are clean');
    return [utf8(key), utf8(value)];
  });
}
