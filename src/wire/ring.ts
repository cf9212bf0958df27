/**
 * The VMBus ring: control page, packet descriptor and trailer.
 *
 * Offsets are bytes from the start of the named structure, sizes are bytes, all integers are little-endian.
 * Compiled by both TypeScript and AssemblyScript. Source: protocol.md 1 (Linux `hyperv.h`, OpenVMM `vmbus_ring`).
 */

/** One control page; the data area follows it. */
export const CONTROL_BYTES = 4096;
export const RING_PAGE_BYTES = 4096;
/** Data bytes of one KVP ring on Linux and FreeBSD: three pages. */
export const KVP_RING_DATA_BYTES = 3 * RING_PAGE_BYTES;

// Control page. Producer writes WRITE_INDEX, PENDING_SEND and FEATURES; consumer writes READ_INDEX and INTERRUPT_MASK.
export const CONTROL_WRITE_INDEX = 0;
export const CONTROL_READ_INDEX = 4;
export const CONTROL_INTERRUPT_MASK = 8;
export const CONTROL_PENDING_SEND = 12;
export const CONTROL_FEATURES = 64;
/** Feature bit 0: this producer sets and honours the pending send size. */
export const FEATURE_PENDING_SEND = 1;

// Packet descriptor.
export const DESCRIPTOR_TYPE = 0;
export const DESCRIPTOR_OFFSET8 = 2;
export const DESCRIPTOR_LENGTH8 = 4;
export const DESCRIPTOR_FLAGS = 6;
export const DESCRIPTOR_TRANSACTION = 8;
export const DESCRIPTOR_BYTES = 16;
/** Flag bit 0: the sender wants a completion packet. */
export const FLAG_COMPLETION_REQUESTED = 1;

/** Follows the padded payload: u32 reserved, u32 start offset of the packet. */
export const TRAILER_BYTES = 8;
export const TRAILER_START_OFFSET = 4;
export const PACKET_ALIGNMENT = 8;

export const PACKET_INBAND = 6;
export const PACKET_TRANSFER_PAGES = 7;
export const PACKET_GPA_DIRECT = 9;
export const PACKET_COMPLETION = 11;
