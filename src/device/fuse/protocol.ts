/**
 * The part of the FUSE wire format that a single device file needs: operation numbers, struct sizes and offsets,
 * flags. Little-endian, as every machine that Hyper-V runs on. Sources: fuse(4) of the Linux manual for the structs,
 * the kernel's documentation of FUSE for interrupts and mount options, and the behaviour of a running kernel.
 */

/** The protocol version of the layouts below; the kernel takes the smaller minor. */
export const FUSE_MAJOR = 7;
export const FUSE_MINOR = 36;

/**
 * Longest write the kernel hands over in one piece. It must hold a whole message: below 7,432 bytes the kernel splits
 * the registration and the stock daemon exits. A longer write is split here and its rest refused as spurious.
 */
export const MAX_WRITE_BYTES = 65_536;
/** The kernel fails every read of /dev/fuse with EINVAL when the buffer could not hold the largest request. */
export const READ_BUFFER_BYTES = MAX_WRITE_BYTES + 4096;

export const OP_LOOKUP = 1;
export const OP_FORGET = 2;
export const OP_GETATTR = 3;
export const OP_SETATTR = 4;
export const OP_OPEN = 14;
export const OP_READ = 15;
export const OP_WRITE = 16;
export const OP_STATFS = 17;
export const OP_RELEASE = 18;
export const OP_FSYNC = 20;
export const OP_FLUSH = 25;
export const OP_INIT = 26;
export const OP_INTERRUPT = 36;
export const OP_DESTROY = 38;
export const OP_IOCTL = 39;
export const OP_POLL = 40;
export const OP_BATCH_FORGET = 42;

// struct fuse_in_header: offsets from the start of the request.
export const IN_LENGTH = 0;
export const IN_OPCODE = 4;
export const IN_UNIQUE = 8;
export const IN_HEADER_BYTES = 40;

// struct fuse_out_header: offsets from the start of the answer. A notification has unique 0 and its code as error.
export const OUT_LENGTH = 0;
export const OUT_ERROR = 4;
export const OUT_UNIQUE = 8;
export const OUT_HEADER_BYTES = 16;

// From here on offsets count from the end of the header.

// struct fuse_init_in and fuse_init_out
export const INIT_IN_MAJOR = 0;
export const INIT_IN_MINOR = 4;
export const INIT_IN_READAHEAD = 8;
export const INIT_IN_FLAGS = 12;
export const INIT_IN_BYTES = 16;
export const INIT_OUT_MAJOR = 0;
export const INIT_OUT_MINOR = 4;
export const INIT_OUT_READAHEAD = 8;
export const INIT_OUT_FLAGS = 12;
export const INIT_OUT_MAX_BACKGROUND = 16;
export const INIT_OUT_CONGESTION = 18;
export const INIT_OUT_MAX_WRITE = 20;
export const INIT_OUT_TIME_GRANULARITY = 24;
export const INIT_OUT_BYTES = 64;
/** Allows writes longer than one page. */
export const INIT_BIG_WRITES = 1 << 5;

// struct fuse_attr, as it stands in fuse_attr_out behind the validity times
export const ATTR_OUT_BYTES = 104;
export const ATTR_INODE = 16;
export const ATTR_ACCESS_TIME = 40;
export const ATTR_MODIFY_TIME = 48;
export const ATTR_CHANGE_TIME = 56;
export const ATTR_MODE = 76;
export const ATTR_LINKS = 80;
export const ATTR_UID = 84;
export const ATTR_GID = 88;
export const ATTR_BLOCK_BYTES = 96;

// struct fuse_setattr_in
export const SETATTR_VALID = 0;
export const SETATTR_MODE = 68;
export const SETATTR_UID = 76;
export const SETATTR_GID = 80;
export const SETATTR_BYTES = 88;
export const SETATTR_VALID_MODE = 1 << 0;
export const SETATTR_VALID_UID = 1 << 1;
export const SETATTR_VALID_GID = 1 << 2;

// struct fuse_open_out
export const OPEN_OUT_HANDLE = 0;
export const OPEN_OUT_FLAGS = 8;
export const OPEN_OUT_BYTES = 16;
/** Every read and write is one request. Without it the page cache cuts messages at page ends. */
export const OPEN_DIRECT_IO = 1 << 0;
export const OPEN_NONSEEKABLE = 1 << 2;
/** No file position and so no lock on it: a write need not wait for a parked read. */
export const OPEN_STREAM = 1 << 4;
/** close(2) does not wait for the server: a process that starts children while it has the file open cannot hang. */
export const OPEN_NOFLUSH = 1 << 5;
/** 53 */
export const OPEN_FLAGS = OPEN_DIRECT_IO | OPEN_NONSEEKABLE | OPEN_STREAM | OPEN_NOFLUSH;

/** First field of read, write, release, flush and poll requests. */
export const HANDLE = 0;

// struct fuse_read_in
export const READ_SIZE = 16;
export const READ_FILE_FLAGS = 32;
export const READ_BYTES = 40;
/** O_NONBLOCK among the file's flags. */
export const FILE_NONBLOCK = 0o4000;

// struct fuse_write_in and fuse_write_out; the data follows
export const WRITE_SIZE = 16;
export const WRITE_BYTES = 40;
export const WRITE_OUT_BYTES = 8;

// struct fuse_release_in
export const RELEASE_BYTES = 24;

// struct fuse_interrupt_in
export const INTERRUPT_UNIQUE = 0;
export const INTERRUPT_BYTES = 8;

// struct fuse_poll_in, fuse_poll_out and fuse_notify_poll_wakeup_out
export const POLL_KERNEL_HANDLE = 8;
export const POLL_FLAGS = 16;
export const POLL_BYTES = 24;
export const POLL_OUT_BYTES = 8;
/** Somebody sleeps on this poll and wants the notification. */
export const POLL_SCHEDULE_NOTIFY = 1 << 0;
export const NOTIFY_POLL = 1;
export const NOTIFY_POLL_BYTES = 8;

// struct fuse_statfs_out
export const STATFS_OUT_BYTES = 80;
export const STATFS_BLOCK_BYTES = 40;
export const STATFS_NAME_BYTES = 44;
