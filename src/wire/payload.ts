/**
 * What a ring packet carries: the pipe header, the integration component (IC) header and version negotiation.
 *
 * `PIPE_*` offsets count from the start of the payload, `IC_*` offsets count from the start of the IC header, which follows the
 * pipe header, `NEGOTIATE_*` from the start of the IC body. Source: protocol.md 1.9 and 2 (Linux `hyperv.h`, OpenVMM `hyperv_ic_protocol`).
 */

// Pipe header: the first bytes of the payload of a message-mode pipe packet.
export const PIPE_TYPE = 0;
export const PIPE_LENGTH = 4;
export const PIPE_HEADER_BYTES = 8;
export const PIPE_TYPE_DATA = 1;
/** Largest payload any known peer puts into one pipe packet (OpenVMM). */
export const PIPE_MAX_PAYLOAD_BYTES = 16384;

export const IC_FRAMEWORK_MAJOR = 0;
export const IC_FRAMEWORK_MINOR = 2;
export const IC_TYPE = 4;
/** Not 4-byte aligned in the payload: read two u16. */
export const IC_MESSAGE_MAJOR = 6;
export const IC_MESSAGE_MINOR = 8;
/** Bytes after this header. */
export const IC_SIZE = 10;
export const IC_STATUS = 12;
export const IC_TRANSACTION = 16;
export const IC_FLAGS = 17;
export const IC_RESERVED = 18;
export const IC_HEADER_BYTES = 20;
/** Largest IC message, header included, that a host takes (OpenVMM). */
export const IC_MAX_MESSAGE_BYTES = 13312;
/** Pipe and IC header together. */
export const HEADERS_BYTES = PIPE_HEADER_BYTES + IC_HEADER_BYTES;

export const IC_TYPE_NEGOTIATE = 0;
export const IC_TYPE_KVP = 2;

export const IC_FLAG_TRANSACTION = 1;
export const IC_FLAG_REQUEST = 2;
export const IC_FLAG_RESPONSE = 4;
export const IC_FLAGS_REQUEST = IC_FLAG_TRANSACTION | IC_FLAG_REQUEST;
export const IC_FLAGS_RESPONSE = IC_FLAG_TRANSACTION | IC_FLAG_RESPONSE;

export const NEGOTIATE_FRAMEWORK_COUNT = 0;
export const NEGOTIATE_MESSAGE_COUNT = 2;
export const NEGOTIATE_RESERVED = 4;
export const NEGOTIATE_VERSIONS = 8;
export const VERSION_BYTES = 4;
/** Body of a negotiate answer: counts, reserved word and two versions. */
export const NEGOTIATE_ANSWER_BYTES = NEGOTIATE_VERSIONS + 2 * VERSION_BYTES;
/** Linux refuses a list longer than this. */
export const NEGOTIATE_MAX_VERSIONS = 100;
