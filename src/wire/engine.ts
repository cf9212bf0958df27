/**
 * What the AssemblyScript module and its TypeScript twin share: the map of the fixed part of engine memory, the
 * layout of the tables that cross the boundary, and the numbers of causes and policies. Offsets and sizes are bytes;
 * a table is a run of records of little-endian 32-bit words.
 */

// The fixed map. Nothing stands below 1,024: the compiler folds small offsets there (style.md part 4).
export const RESULT_BASE = 1024;
export const RESULT_BYTES = 64;
/** Digits of a number while it is turned into text. */
export const DIGITS_BASE = RESULT_BASE + RESULT_BYTES;
export const DIGITS_BYTES = 64;
/** 256 rows of 16: byte shuffles that pack 8 units of one or two UTF-8 bytes each. Made on first use. */
export const SHUFFLE2_BASE = DIGITS_BASE + DIGITS_BYTES;
export const SHUFFLE2_BYTES = 4096;
/** 256 rows of 16: byte shuffles that pack 4 units of one to three UTF-8 bytes each. Made on first use. */
export const SHUFFLE3_BASE = SHUFFLE2_BASE + SHUFFLE2_BYTES;
export const SHUFFLE3_BYTES = 4096;
/** 256 rows of 32: byte shuffles that spread the UTF-8 characters of 8 bytes over 8 lanes. Made on first use. */
export const SPREAD_BASE = SHUFFLE3_BASE + SHUFFLE3_BYTES;
export const SPREAD_BYTES = 8192;
/** Vectors that the conversions use in every step (assembly/vector-constants.ts). Written on first use. */
export const CONSTANTS_BASE = SPREAD_BASE + SPREAD_BYTES;
export const CONSTANTS_BYTES = 512;
/** Non-zero once the tables above are made. */
export const TABLES_READY_BASE = CONSTANTS_BASE + CONSTANTS_BYTES;
export const TABLES_READY_BYTES = 64;
/** Where the region allocator begins. */
export const HEAP_BASE = 20480;
/** Kernels load and store up to this many bytes beyond a text; the allocator keeps them free after every region. */
export const SLACK_BYTES = 64;

// The result block at RESULT_BASE: what a call says beyond its return value.
export const RESULT_CAUSE = 0;
/** Byte offset of what is wrong: from the start of the data area (ring) or of the message or text (others). */
export const RESULT_OFFSET = 4;
export const RESULT_EXPECTED = 8;
export const RESULT_ACTUAL = 12;
/** The ring index after the call. */
export const RESULT_NEXT = 16;
/** 1 when the peer is to be signalled. */
export const RESULT_SIGNAL = 20;
/** Bytes that must become free before the refused packet fits. */
export const RESULT_NEEDED = 24;
/** Units (from UTF-16) or bytes (from UTF-8) that a conversion used up; less than given when the target was full. */
export const RESULT_CONSUMED = 28;
/** Bytes of the output area that are used. */
export const RESULT_USED = 32;

// Causes. A call that fails returns the negated cause; 0 is none.
export const CAUSE_NONE = 0;
export const CAUSE_INDEX = 1;
export const CAUSE_DESCRIPTOR = 2;
export const CAUSE_TRUNCATED = 3;
export const CAUSE_PACKET_TOO_LARGE = 4;
export const CAUSE_PAYLOAD_TOO_LARGE = 5;
export const CAUSE_SHORT = 6;
export const CAUSE_UTF16 = 7;
export const CAUSE_UTF8 = 8;
/** A binary IP block (message version 5.0), which the engine leaves to src/codec/ip-info.ts. */
export const CAUSE_BINARY_IP = 9;
/** A payload that is no KVP message. */
export const CAUSE_NOT_KVP = 10;

// Text policies.
/** Refuses malformed text; a NUL is text. */
export const POLICY_STRICT = 0;
/** Puts U+FFFD for malformed text; a NUL is text. */
export const POLICY_REPLACE = 1;
/** The Linux driver: ends at a NUL, drops lone surrogates, refuses malformed UTF-8, ends at what does not fit. */
export const POLICY_LINUX = 2;
/**
 * The FreeBSD driver: never ends at a NUL, drops every surrogate and U+F800 to U+FFFF; malformed UTF-8 is dropped a
 * byte at a time.
 */
export const POLICY_FREEBSD = 3;

// Consumer signal: which comparison decides (protocol.md 1.7).
export const SIGNAL_LINUX = 0;
export const SIGNAL_OPENVMM = 1;

// Packet record: filled by drain and scan, read by pack.
export const PACKET_TYPE_FLAGS = 0;
/** Bytes of the extended header, which stands right before the payload; 0 for in-band packets. */
export const PACKET_EXTENDED = 4;
export const PACKET_TRANSACTION_LOW = 8;
export const PACKET_TRANSACTION_HIGH = 12;
export const PACKET_PAYLOAD = 16;
export const PACKET_PAYLOAD_BYTES = 20;
/** Offset of the descriptor in the data area. */
export const PACKET_START = 24;
export const PACKET_RECORD_BYTES = 32;

// Translation record, host → daemon and back. SOURCE is the host's request in both.
export const TRANSLATE_SOURCE = 0;
export const TRANSLATE_SOURCE_BYTES = 4;
/** The daemon's answer; only daemon → host. */
export const TRANSLATE_ANSWER = 8;
export const TRANSLATE_TARGET = 12;
/** Written: 0 or a negated cause. */
export const TRANSLATE_STATUS = 16;
/** Written: where the cause stands, from the start of the source. */
export const TRANSLATE_OFFSET = 20;
/**
 * How far the two halves of the target (before and from the value field) are not zero. Slots remember it between
 * calls, so that only the rest is cleared; the UNKNOWN ends clear all.
 */
export const TRANSLATE_DIRTY_LOW = 24;
export const TRANSLATE_DIRTY_HIGH = 28;
export const TRANSLATE_RECORD_BYTES = 32;
/** Host → daemon: where the message is cut into the two halves whose use is tracked. */
export const DIRTY_SPLIT = 528;
export const DIRTY_UNKNOWN_LOW = 528;
/** The longer, Linux message; the clearing is bounded by the message's true size. */
export const DIRTY_UNKNOWN_HIGH = 7432;
/** Daemon → host: the same for the KVP message of a response, counted from its first byte (ENUMERATE's fields). */
export const RESPONSE_SPLIT = 532;
export const RESPONSE_UNKNOWN_LOW = 532;
export const RESPONSE_UNKNOWN_HIGH = 2580;
/** How far behind a text a conversion to UTF-8, or a copy, may have stored: that is dirty too. */
export const OVERSHOOT_BYTES = 32;
/** The same for a conversion to UTF-16. */
export const OVERSHOOT_WIDE_BYTES = 64;

// Decoded message record. Texts are UTF-16 in the arena; offsets are units from the arena's start.
export const DECODED_STATUS = 0;
export const DECODED_OPERATION = 4;
export const DECODED_POOL = 8;
export const DECODED_INDEX = 12;
export const DECODED_TYPE = 16;
export const DECODED_KEY = 20;
export const DECODED_KEY_UNITS = 24;
/** Strings: arena offset. Numbers: low word. */
export const DECODED_VALUE = 28;
/** Strings: units. Numbers: high word. */
export const DECODED_VALUE_UNITS = 32;
export const DECODED_IC_STATUS = 36;
export const DECODED_TRANSACTION = 40;
/** Offset of the cause when STATUS is negative. */
export const DECODED_OFFSET = 44;
export const DECODED_RECORD_BYTES = 48;

// Message to encode. Texts are UTF-16 in the arena; offsets are units from the arena's start.
export const ENCODE_OPERATION = 0;
export const ENCODE_POOL = 4;
export const ENCODE_INDEX = 8;
export const ENCODE_TYPE = 12;
export const ENCODE_KEY = 16;
export const ENCODE_KEY_UNITS = 20;
export const ENCODE_VALUE = 24;
export const ENCODE_VALUE_UNITS = 28;
export const ENCODE_FRAMEWORK = 32;
export const ENCODE_VERSION = 36;
export const ENCODE_TRANSACTION = 40;
export const ENCODE_TARGET = 44;
/** How far the two halves of the target's message are not zero, counted from its first byte; as for translations. */
export const ENCODE_DIRTY_LOW = 48;
export const ENCODE_DIRTY_HIGH = 52;
export const ENCODE_RECORD_BYTES = 56;
