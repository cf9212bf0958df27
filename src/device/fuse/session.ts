/**
 * Turns the kernel's FUSE requests for one file into calls of a {@link DeviceServer} and its outcomes into answers.
 * Bytes in, bytes out: no descriptor, no timer. Semantics of the real device: protocol.md 4.4.
 */
import { type DeviceServer, type FileId, POLLERR, POLLHUP } from '../port.js';
import {
  type Answer,
  AnswerWriter,
  attributesBody,
  type FileAttributes,
  fileSystemBody,
  initBody,
  openedBody,
  polledBody,
  writtenBody,
} from './answer.js';
import * as fuse from './protocol.js';

/**
 * What a read of an empty device does on a descriptor opened with O_NONBLOCK: `strict` sleeps, as Linux's driver does;
 * `friendly` gives EAGAIN, as the client asked.
 */
export type NonblockPolicy = 'strict' | 'friendly';

export interface FuseSessionOptions {
  server: DeviceServer;
  nonblock: NonblockPolicy;
  attributes: FileAttributes;
  /** Takes one framed answer or notification; the bytes are reused after it returns. */
  send(framed: Uint8Array): void;
}

interface ParkedRead {
  unique: bigint;
  file: FileId;
  size: number;
}

interface OpenFile {
  /** The kernel's handle of a sleeping poll that wants one notification. */
  sleepingPoll: bigint | undefined;
}

interface Operation {
  /** Least bytes behind the header. */
  bytes: number;
  run(body: Uint8Array, view: DataView, unique: bigint): Answer;
}

export class FuseSession {
  readonly #server: DeviceServer;
  readonly #nonblock: NonblockPolicy;
  readonly #writer: AnswerWriter;
  readonly #attributes: FileAttributes;
  readonly #unsubscribe: () => void;
  readonly #files = new Map<FileId, OpenFile>();
  #parked: ParkedRead[] = [];
  #nextFile: FileId = 1;
  #waking = false;
  #wakeAgain = false;
  #ended = false;

  constructor({ server, nonblock, attributes, send }: FuseSessionOptions) {
    this.#server = server;
    this.#nonblock = nonblock;
    this.#attributes = { ...attributes };
    this.#writer = new AnswerWriter(send);
    this.#unsubscribe = server.onWake(() => this.#wake());
  }

  /**
   * Takes one request as read from /dev/fuse; the bytes may be reused afterwards. Every request that expects an answer
   * gets one now, except a read that has nothing to read, which is answered after a wake, an interrupt or `end`.
   * What the server throws is thrown on, after EIO has been answered.
   */
  handle(request: Uint8Array): void {
    if (request.length < fuse.IN_HEADER_BYTES) return;
    const header = new DataView(request.buffer, request.byteOffset, fuse.IN_HEADER_BYTES);
    if (header.getUint32(fuse.IN_LENGTH, true) !== request.length) return;
    const unique = header.getBigUint64(fuse.IN_UNIQUE, true);
    // The process that made the call must not be left sleeping in the kernel, whatever happens.
    let answer: Answer = 'EIO';
    try {
      answer = this.#perform(header.getUint32(fuse.IN_OPCODE, true), request.subarray(fuse.IN_HEADER_BYTES), unique);
    } finally {
      this.#writer.answer(unique, answer);
    }
  }

  /** The device goes away: sleepers are woken with ENODEV, new opens fail, and the server is told of every close. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#unsubscribe();
    for (const { unique } of this.#parked.splice(0)) this.#writer.answer(unique, 'ENODEV');
    for (const [file, open] of this.#files) {
      this.#notify(open);
      this.#server.release(file);
    }
  }

  #perform(opcode: number, body: Uint8Array, unique: bigint): Answer {
    const operation = this.#operations.get(opcode);
    if (operation === undefined) return 'ENOSYS';
    if (body.length < operation.bytes) return 'EINVAL';
    return operation.run(body, new DataView(body.buffer, body.byteOffset, body.length), unique);
  }

  readonly #operations = new Map<number, Operation>([
    [fuse.OP_INIT, { bytes: fuse.INIT_IN_BYTES, run: (_, view) => agree(view) }],
    [fuse.OP_OPEN, { bytes: 0, run: () => this.#open() }],
    [fuse.OP_READ, { bytes: fuse.READ_BYTES, run: (_, view, unique) => this.#read(view, unique) }],
    [fuse.OP_WRITE, { bytes: fuse.WRITE_BYTES, run: (body, view) => this.#write(body, view) }],
    [fuse.OP_POLL, { bytes: fuse.POLL_BYTES, run: (_, view) => this.#poll(view) }],
    [fuse.OP_RELEASE, { bytes: fuse.RELEASE_BYTES, run: (_, view) => this.#release(view) }],
    [fuse.OP_INTERRUPT, { bytes: fuse.INTERRUPT_BYTES, run: (_, view) => this.#interrupt(view) }],
    [fuse.OP_GETATTR, { bytes: 0, run: () => attributesBody(this.#attributes) }],
    [fuse.OP_SETATTR, { bytes: fuse.SETATTR_BYTES, run: (_, view) => this.#setAttributes(view) }],
    [fuse.OP_STATFS, { bytes: 0, run: fileSystemBody }],
    [fuse.OP_FLUSH, { bytes: 0, run: () => 'ok' }],
    [fuse.OP_DESTROY, { bytes: 0, run: () => 'ok' }],
    [fuse.OP_FORGET, { bytes: 0, run: () => 'none' }],
    [fuse.OP_BATCH_FORGET, { bytes: 0, run: () => 'none' }],
    // What a device node without these calls says.
    [fuse.OP_FSYNC, { bytes: 0, run: () => 'EINVAL' }],
    [fuse.OP_IOCTL, { bytes: 0, run: () => 'ENOTTY' }],
  ]);

  #open(): Answer {
    if (this.#ended) return 'ENODEV';
    const file = this.#nextFile++;
    const outcome = this.#server.open(file);
    if (outcome !== 'ok') return outcome;
    this.#files.set(file, { sleepingPoll: undefined });
    return openedBody(file);
  }

  #read(view: DataView, unique: bigint): Answer {
    if (this.#ended) return 'ENODEV';
    const read = { unique, file: fileOf(view), size: view.getUint32(fuse.READ_SIZE, true) };
    const answer = this.#tryRead(read);
    if (answer !== undefined) return answer;
    const nonblocking = (view.getUint32(fuse.READ_FILE_FLAGS, true) & fuse.FILE_NONBLOCK) !== 0;
    if (nonblocking && this.#nonblock === 'friendly') return 'EAGAIN';
    this.#parked.push(read);
    return 'none';
  }

  /** Undefined when the read has to sleep. */
  #tryRead({ file, size }: ParkedRead): Answer | undefined {
    const outcome = this.#server.read(file, size);
    if (outcome.kind === 'blocks') return undefined;
    return outcome.kind === 'message' ? outcome.message : outcome.errno;
  }

  #write(body: Uint8Array, view: DataView): Answer {
    if (this.#ended) return 'ENODEV';
    const message = body.subarray(fuse.WRITE_BYTES);
    if (view.getUint32(fuse.WRITE_SIZE, true) !== message.length) return 'EINVAL';
    const outcome = this.#server.write(fileOf(view), message);
    return outcome.kind === 'written' ? writtenBody(outcome.bytes) : outcome.errno;
  }

  #poll(view: DataView): Answer {
    if (this.#ended) return polledBody(POLLERR | POLLHUP);
    const file = fileOf(view);
    const open = this.#files.get(file);
    if (open !== undefined && (view.getUint32(fuse.POLL_FLAGS, true) & fuse.POLL_SCHEDULE_NOTIFY) !== 0)
      // Remembered even when something is ready now: an edge-triggered epoll sleeps until the next event.
      open.sleepingPoll = view.getBigUint64(fuse.POLL_KERNEL_HANDLE, true);
    return polledBody(this.#server.poll(file));
  }

  #release(view: DataView): Answer {
    const file = fileOf(view);
    if (this.#files.delete(file) && !this.#ended) this.#server.release(file);
    return 'ok';
  }

  /** A signal reached a process inside read(2): it stays in the kernel, unkillable, until its read is answered. */
  #interrupt(view: DataView): Answer {
    const unique = view.getBigUint64(fuse.INTERRUPT_UNIQUE, true);
    const index = this.#parked.findIndex((read) => read.unique === unique);
    if (index >= 0) {
      this.#parked.splice(index, 1);
      this.#writer.answer(unique, 'EINTR');
    }
    return 'none';
  }

  /** chmod and chown work, as on a device node; truncation (`> file`) means nothing, as on a device node. */
  #setAttributes(view: DataView): Answer {
    const valid = view.getUint32(fuse.SETATTR_VALID, true);
    const attributes = this.#attributes;
    if ((valid & fuse.SETATTR_VALID_MODE) !== 0) attributes.mode = view.getUint32(fuse.SETATTR_MODE, true) & 0o7777;
    if ((valid & fuse.SETATTR_VALID_UID) !== 0) attributes.uid = view.getUint32(fuse.SETATTR_UID, true);
    if ((valid & fuse.SETATTR_VALID_GID) !== 0) attributes.gid = view.getUint32(fuse.SETATTR_GID, true);
    return attributesBody(attributes);
  }

  /** The server may wake us from inside a call of ours; the round under way then takes one more turn. */
  #wake(): void {
    this.#wakeAgain = true;
    if (this.#waking) return;
    this.#waking = true;
    try {
      while (this.#wakeAgain) {
        this.#wakeAgain = false;
        this.#serveSleepers();
      }
    } finally {
      this.#waking = false;
    }
  }

  #serveSleepers(): void {
    this.#parked = this.#parked.filter((read) => {
      const answer = this.#tryRead(read);
      if (answer !== undefined) this.#writer.answer(read.unique, answer);
      return answer === undefined;
    });
    for (const [file, open] of this.#files) if (this.#server.poll(file) !== 0) this.#notify(open);
  }

  #notify(open: OpenFile): void {
    if (open.sleepingPoll === undefined) return;
    const kernelHandle = open.sleepingPoll;
    open.sleepingPoll = undefined;
    this.#writer.notifyPoll(kernelHandle);
  }
}

function agree(view: DataView): Answer {
  const major = view.getUint32(fuse.INIT_IN_MAJOR, true);
  if (major < fuse.FUSE_MAJOR) return 'EPROTO';
  // A kernel with a newer major asks again in ours.
  const minor = major > fuse.FUSE_MAJOR ? fuse.FUSE_MINOR : view.getUint32(fuse.INIT_IN_MINOR, true);
  const flags = view.getUint32(fuse.INIT_IN_FLAGS, true) & fuse.INIT_BIG_WRITES;
  return initBody(Math.min(minor, fuse.FUSE_MINOR), view.getUint32(fuse.INIT_IN_READAHEAD, true), flags);
}

const fileOf = (view: DataView): FileId => Number(view.getBigUint64(fuse.HANDLE, true));
