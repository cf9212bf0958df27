/** Offsets of the texts of both message forms, written down from protocol.md 3 and 4.1, not taken from the code. */

const HEADERS = 28;

export interface TextField {
  /** Offset in the daemon's message, and how many bytes the field has. */
  daemon: number;
  daemonBytes: number;
  /** Offset in the payload, and how many units the field has. */
  host: number;
  units: number;
  /** Units that an answer may fill. */
  answerUnits: number;
  /** Offsets of the size words; absent for IP texts. */
  daemonSize?: number;
  hostSize?: number;
}

const field = (daemon: number, daemonBytes: number, host: number, units: number, answerUnits = units): TextField => ({
  daemon,
  daemonBytes,
  host: HEADERS + host,
  units,
  answerUnits,
});
const sized = (text: TextField, size: number): TextField => ({
  ...text,
  daemonSize: size,
  hostSize: HEADERS + size,
});

export const SET_KEY = sized(field(16, 512, 16, 256, 254), 8);
export const SET_VALUE = sized(field(528, 2048, 528, 1024, 1022), 12);
export const DELETE_KEY = sized(field(8, 512, 8, 256), 4);
export const ENUMERATE_KEY = sized(field(20, 512, 20, 256, 254), 12);
export const ENUMERATE_VALUE = sized(field(532, 2048, 532, 1024, 1022), 16);
export const IP_ADAPTER = field(4, 256, 2, 128);
export const IP_ADDRESSES = field(262, 2048, 260, 1024);
export const IP_SUBNETS = field(2310, 2048, 2308, 1024);
export const IP_GATEWAYS = field(4358, 1024, 4356, 512);
export const IP_DNS = field(5382, 2048, 5380, 1024);
export const IP_LISTS = [IP_ADDRESSES, IP_SUBNETS, IP_GATEWAYS, IP_DNS];

export const operationOf = (request: Uint8Array): number => request[HEADERS]!;
const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Unpaired surrogates dropped, cut before its first NUL. */
function plainText(units: Uint8Array): string {
  const text = Buffer.from(units).toString('utf16le');
  const end = text.indexOf('\0');
  return [...(end < 0 ? text : text.slice(0, end))].filter((c) => !/^[\ud800-\udfff]$/.test(c)).join('');
}

/** The host's text in `field` as the daemon is to read it: clean, cut at a character, size with the NUL. */
export function rewriteForDaemon(request: Uint8Array, message: Uint8Array, text: TextField): void {
  // A request that ends before the field is refused as a whole, by another rule.
  if (request.length < text.host) return;
  const stated = text.hostSize === undefined ? 2 * text.units : view(request).getUint32(text.hostSize, true);
  const bytes = 2 * Math.floor(Math.min(stated, 2 * text.units) / 2);
  let written = 0;
  message.fill(0, text.daemon, text.daemon + text.daemonBytes);
  for (const character of plainText(request.subarray(text.host, text.host + bytes))) {
    const utf8 = Buffer.from(character, 'utf8');
    if (written + utf8.length > text.daemonBytes - 1) break;
    message.set(utf8, text.daemon + written);
    written += utf8.length;
  }
  if (text.daemonSize !== undefined) view(message).setUint32(text.daemonSize, written + 1, true);
}

/** The daemon's text in `field` as the host is to read it: zero behind it, cut at a character, size with the NUL. */
export function rewriteForHost(answer: Uint8Array, response: Uint8Array, text: TextField): void {
  const source = Buffer.from(answer.subarray(text.daemon, text.daemon + text.daemonBytes));
  const end = source.indexOf(0);
  let units = '';
  for (const character of source.toString('utf8', 0, end < 0 ? source.length : end)) {
    if (units.length + character.length > text.answerUnits) break;
    units += character;
  }
  response.fill(0, text.host, text.host + 2 * text.units);
  response.set(Buffer.from(units, 'utf16le'), text.host);
  if (text.hostSize !== undefined) view(response).setUint32(text.hostSize, 2 * (units.length + 1), true);
}

/** The unchanged request as an answer with `status` (protocol.md 3.8). */
export function echo(request: Uint8Array, response: Uint8Array, status: number): void {
  response.set(request);
  view(response).setUint32(20, status, true);
  response[25] = 5;
}
