/**
 * The one table of errors. Every error the package throws is a {@link KvpError} with a code of this table, or, where
 * the caller passed something no peer could have sent, a {@link MisuseError}.
 *
 * "Nothing there yet" and "no room" are return values, never errors.
 */

/** code → what was wrong and, after the dash, what to do about it. Grouped by the room that throws it. */
export const ERRORS = {
  // engine, ring
  ERR_ENGINE_MEMORY: 'the engine memory is full - translate less at once, or give the engine more memory',
  ERR_ENGINE_UNAVAILABLE: 'WebAssembly is not available here - use the js engine',
  ERR_RING_INDEX:
    'a ring index is impossible: outside the data area, not a multiple of 8 or within a packet - reopen the channel',
  ERR_RING_DESCRIPTOR: 'a packet descriptor is impossible - reopen the channel',
  ERR_RING_TRUNCATED: 'a packet is longer than what the ring holds - reopen the channel',
  ERR_RING_PACKET_TOO_LARGE: 'a packet is larger than this reader accepts - let it accept more, or skip the packet',
  ERR_RING_PAYLOAD_TOO_LARGE: 'this payload can never fit the ring - use a larger ring',

  // codec
  ERR_CODEC_SHORT: 'the message ends early - send the whole message',
  ERR_CODEC_PIPE: 'the pipe header is wrong - expected type 1 and a length within the payload',
  ERR_CODEC_IC: 'the IC header is wrong - check type, flags and size',
  ERR_CODEC_NEGOTIATE: 'the version lists are impossible - check counts against the message size',
  ERR_CODEC_UNSUPPORTED: 'no guest serves this - answer 0x80070032',
  ERR_CODEC_POOL: 'there is no such pool - use 0 to 4',
  ERR_CODEC_SIZE: 'a size field is impossible for its field - check units (bytes) and the field width',
  ERR_CODEC_VALUE_TYPE: 'the value type is unknown - hosts send 1, 2, 4, 8 or 11, guests answer with 1, 2, 4 or 11',
  ERR_CODEC_NUL: 'the text has no terminating NUL within its stated size - send one',
  ERR_CODEC_INNER_NUL: 'the text holds a NUL, and a NUL ends every text - leave it out',
  ERR_CODEC_UTF16: 'the text is not valid UTF-16 - mend it, or ask for replacement characters',
  ERR_CODEC_UTF8: 'the text is not valid UTF-8 - mend it, or ask for replacement characters',
  ERR_CODEC_IP: 'the IP block is impossible - check counts, addresses and prefixes',
  ERR_LIMIT_KEY: 'the key is too long - shorten it',
  ERR_LIMIT_VALUE: 'the value is too long - shorten it, or split it over several keys',
  ERR_LIMIT_LIST: 'the address list does not fit its field - send fewer addresses',

  // cim
  ERR_CIM_XML: 'this is not the CIM-XML of an item - pass one INSTANCE element, as WMI returns it',
  ERR_CIM_ITEM: 'this instance is not an exchange item - expected an Msvm_KvpExchangeDataItem with a Name',

  // driver, device
  ERR_DEVICE: 'the device cannot be used',
  ERR_DEVICE_KIND:
    "this is no KVP device - name /dev/vmbus/hv_kvp, FreeBSD's /dev/hv_kvp_dev, or the device of a running host",
  ERR_DEVICE_FUSE: 'the device file cannot be served',

  // os
  ERR_OS_UNAVAILABLE: 'the system does not offer what is needed',
  ERR_OS_LOCK: 'the file cannot be locked',
  ERR_OS_FOLDER: 'the folder is not safe to use - nothing was changed, mend it as this says',

  // pool
  ERR_POOL_NAME: 'no such pool - use external, guest, auto, auto-external, auto-internal or 0 to 4',
  ERR_POOL_DIRECTORY: 'the directory of the pools does not exist - check its name, or create it',
  ERR_POOL_FILE: 'the pool file cannot be used',
  ERR_POOL_KEY: 'the key cannot be stored - a key is 1 to 511 bytes of UTF-8 without NUL',
  ERR_POOL_VALUE: 'the value cannot be stored - a value is at most 2047 bytes of UTF-8 without NUL',
  ERR_POOL_JOURNAL: 'the journal of the pool cannot be used - look at the file named here before you remove it',
  ERR_POOL_LOCKED: 'the pool is locked by somebody else - find the holder or raise the lock timeout',
  ERR_POOL_READ_ONLY: 'the store was opened read-only',
  ERR_POOL_IO: 'reading or writing the pool file failed',

  // net
  ERR_NET_ADDRESS: 'this is not an address - nothing was changed',
  ERR_NET_ADAPTER: 'no interface has this adapter id',
  ERR_NET_UNKNOWN: 'there is no such interface - hv-kvp net show lists them',
  ERR_NET_INTERFACE: "the interface cannot be configured in this manager's files - use another one with --net",
  ERR_NET_FILE: 'the configuration file is not understood - nothing was changed, mend the file named here',
  ERR_NET_BACKEND: 'the network manager cannot do this - nothing was changed',
  ERR_NET_CHANGED: 'a configuration file is not what it was when the plan was made - nothing was changed, plan again',
  ERR_NET_WRITE: 'a configuration file could not be written - nothing was changed',
  ERR_NET_BUSY: 'another program is changing the network - nothing was changed, try again when it has finished',
  ERR_NET_OVERTAKEN: 'a newer request for the same interface came before this one began - nothing was changed',
  ERR_NET_COMMAND: "the network manager's command failed",
  ERR_NET_VERIFY: 'the configuration did not come into effect - it was taken back',
  ERR_NET_ROLLBACK: 'the old configuration could not be restored - look at the files named here',
  ERR_NET_JOURNAL: 'the journal of network changes cannot be used - look at the file named here before you remove it',

  // host
  ERR_HOST_STATE: 'the virtual machine is not in a state that allows this',
  ERR_HOST_STATUS: 'the guest answered with a negative status',
  ERR_HOST_EXISTS: 'the item exists already - modify it instead',
  ERR_HOST_NOT_FOUND: 'no such item',
  ERR_HOST_TOO_MANY: 'a virtual machine holds at most 128 host items - remove some first',
  ERR_HOST_CHANNEL_FAILED: 'the guest broke the protocol, so the channel has failed - boot the guest again',
  ERR_HOST_REMARK: 'the guest sent what no guest should, and this host is strict about it - mend the guest',
  ERR_HOST_CONTROL: 'the control socket cannot be used',
  ERR_HOST_TIMEOUT: 'the guest did not answer in time - the channel negotiates again before the next request',
  ERR_HOST_INTERRUPTED: 'a new negotiation began while the guest had the request - ask again',
  ERR_HOST_ENUMERATION: "the guest's enumeration does not end - look at the guest's pool",
  ERR_HOST_COMMAND: 'the control command is not understood - see docs/host.md',
  ERR_HOST_BUSY: 'too many requests wait for the guest - ask again when some are answered',
  ERR_HOST_TRANSCRIPT: 'the transcript cannot be written',
  ERR_HOST_STATE_FILE: 'the state file cannot be used',
} as const;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorDetail {
  /** What exactly happened here; appended to the table's text. */
  detail?: string;
  /** Byte offset of the first wrong byte, from the start of the message, ring data area or file named in `detail`. */
  offset?: number;
  expected?: number | string;
  actual?: number | string;
  cause?: unknown;
}

function describe(code: ErrorCode, { detail, offset, expected, actual }: ErrorDetail): string {
  let text: string = ERRORS[code];
  if (detail !== undefined) text += `: ${detail}`;
  if (offset !== undefined) text += ` at offset ${offset}`;
  if (expected !== undefined) text += `, expected ${expected}`;
  if (actual !== undefined) text += `, got ${actual}`;
  return text;
}

/** Something a peer, a file or the system did. `code` is stable; the message is for people. */
export class KvpError extends Error {
  override readonly name: string = 'KvpError';
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly offset: number | undefined;
  readonly expected: number | string | undefined;
  readonly actual: number | string | undefined;

  constructor(code: ErrorCode, detail: ErrorDetail = {}) {
    super(describe(code, detail), detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.detail = detail.detail;
    this.offset = detail.offset;
    this.expected = detail.expected;
    this.actual = detail.actual;
  }
}

/** The caller passed an argument that is out of range or of the wrong kind: a bug in the calling program. */
export class MisuseError extends RangeError {
  override readonly name = 'MisuseError';
  readonly code = 'ERR_MISUSE';
}
