/**
 * The KVP message between host and guest, and the pool record. Offsets count from the start of the KVP message, which follows the IC
 * header at payload offset 28. Source: protocol.md 3.
 */

export const KVP_OPERATION = 0;
export const KVP_POOL = 1;
export const KVP_HEADER_BYTES = 4;

export const OPERATION_GET = 0;
export const OPERATION_SET = 1;
export const OPERATION_DELETE = 2;
export const OPERATION_ENUMERATE = 3;
export const OPERATION_GET_IP_INFO = 4;
export const OPERATION_SET_IP_INFO = 5;

export const POOL_EXTERNAL = 0;
export const POOL_GUEST = 1;
export const POOL_AUTO = 2;
export const POOL_AUTO_EXTERNAL = 3;
export const POOL_AUTO_INTERNAL = 4;
export const POOL_COUNT = 5;

/** Key field, UTF-16LE with its terminating NUL unit; the same 512 bytes hold UTF-8 in daemon messages and records. */
export const KEY_BYTES = 512;
export const VALUE_BYTES = 2048;

// GET and SET body.
export const VALUE_TYPE = 4;
export const VALUE_KEY_SIZE = 8;
export const VALUE_VALUE_SIZE = 12;
export const VALUE_KEY = 16;
export const VALUE_VALUE = VALUE_KEY + KEY_BYTES;
export const VALUE_BODY_END = VALUE_VALUE + VALUE_BYTES;

// DELETE body.
export const DELETE_KEY_SIZE = 4;
export const DELETE_KEY = 8;
export const DELETE_BODY_END = DELETE_KEY + KEY_BYTES;

// ENUMERATE body: an index, then a value body four bytes further on.
export const ENUMERATE_INDEX = 4;
export const ENUMERATE_TYPE = 8;
export const ENUMERATE_KEY_SIZE = 12;
export const ENUMERATE_VALUE_SIZE = 16;
export const ENUMERATE_KEY = 20;
export const ENUMERATE_VALUE = ENUMERATE_KEY + KEY_BYTES;
export const ENUMERATE_BODY_END = ENUMERATE_VALUE + VALUE_BYTES;

/** What hosts send for operations 0 to 3, whatever the body uses. */
export const KVP_MESSAGE_BYTES = ENUMERATE_BODY_END;

export const VALUE_TYPE_STRING = 1;
export const VALUE_TYPE_EXPAND_STRING = 2;
export const VALUE_TYPE_U32 = 4;
/** Linux, FreeBSD and OpenBSD number a 64-bit value 8; Windows and OpenVMM number it 11. */
export const VALUE_TYPE_U64 = 8;
export const VALUE_TYPE_QWORD = 11;

/** What the Linux driver can return to the host, in UTF-16 units without the NUL (protocol.md 6.4). */
export const GUEST_KEY_UNITS = 254;
export const GUEST_VALUE_UNITS = 1022;
/** What a host can send, in UTF-16 units without the NUL. */
export const HOST_KEY_UNITS = 255;
export const HOST_VALUE_UNITS = 1023;
/** What the driver hands to the daemon, in UTF-8 bytes without the NUL. */
export const KEY_TEXT_BYTES = KEY_BYTES - 1;
export const VALUE_TEXT_BYTES = VALUE_BYTES - 1;

export const DECIMAL_U32_DIGITS = 10;
export const DECIMAL_U64_DIGITS = 20;

// One record of a pool file: key, then value, both UTF-8 ending at their first NUL. A file has no header; it holds
// size / RECORD_BYTES records (protocol.md 5.2).
export const RECORD_KEY = 0;
export const RECORD_VALUE = KEY_BYTES;
export const RECORD_BYTES = KEY_BYTES + VALUE_BYTES;
