/** The kernel's side of a FUSE session: frames requests and reads answers, for tests without a mount. */
import { FuseSession, type FuseSessionOptions, fuse } from '#internal';

export interface FramedAnswer {
  unique: bigint;
  /** 0, a negated errno, or the code of a notification. */
  error: number;
  body: Buffer;
}

export class FuseKernel {
  readonly session: FuseSession;
  readonly answers: FramedAnswer[] = [];
  #unique = 2n;

  constructor(options: Pick<FuseSessionOptions, 'server'> & Partial<FuseSessionOptions>) {
    this.session = new FuseSession({
      nonblock: 'strict',
      attributes: { mode: 0o600, uid: 0, gid: 0, seconds: 1 },
      send: (framed) => this.#receive(framed),
      ...options,
    });
  }

  /** Sends a request and gives its unique number. */
  send(opcode: number, body: Uint8Array = Buffer.alloc(0)): bigint {
    const unique = this.#unique;
    // The kernel numbers in steps of two.
    this.#unique += 2n;
    this.session.handle(request(opcode, unique, body));
    return unique;
  }

  /** Sends a request and takes its answer, which must have come at once. */
  call(opcode: number, body: Uint8Array = Buffer.alloc(0)): FramedAnswer {
    const unique = this.send(opcode, body);
    const answer = this.take(unique);
    if (answer === undefined) throw new Error(`operation ${opcode} was not answered`);
    return answer;
  }

  /** Removes and gives the answer to a request, if it has come. */
  take(unique: bigint): FramedAnswer | undefined {
    const index = this.answers.findIndex((answer) => answer.unique === unique);
    return index < 0 ? undefined : this.answers.splice(index, 1)[0];
  }

  /** Removes and gives the kernel handles of the poll notifications that came. */
  takeNotifications(): bigint[] {
    const found: bigint[] = [];
    for (let answer = this.take(0n); answer !== undefined; answer = this.take(0n)) {
      if (answer.error !== fuse.NOTIFY_POLL) throw new Error(`unknown notification ${answer.error}`);
      found.push(answer.body.readBigUInt64LE(0));
    }
    return found;
  }

  open(): FramedAnswer {
    return this.call(fuse.OP_OPEN, Buffer.alloc(8));
  }
  /** Opens and gives the handle. */
  mustOpen(): bigint {
    return this.open().body.readBigUInt64LE(fuse.OPEN_OUT_HANDLE);
  }

  #receive(framed: Uint8Array): void {
    // The bytes are reused by the session.
    const bytes = Buffer.from(framed);
    if (bytes.readUInt32LE(fuse.OUT_LENGTH) !== bytes.length) throw new Error('an answer has the wrong length');
    this.answers.push({
      unique: bytes.readBigUInt64LE(fuse.OUT_UNIQUE),
      error: bytes.readInt32LE(fuse.OUT_ERROR),
      body: bytes.subarray(fuse.OUT_HEADER_BYTES),
    });
  }
}

export function request(opcode: number, unique: bigint, body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(fuse.IN_HEADER_BYTES + body.length);
  bytes.writeUInt32LE(bytes.length, fuse.IN_LENGTH);
  bytes.writeUInt32LE(opcode, fuse.IN_OPCODE);
  bytes.writeBigUInt64LE(unique, fuse.IN_UNIQUE);
  bytes.set(body, fuse.IN_HEADER_BYTES);
  return bytes;
}

export function readBody(handle: bigint, size: number, fileFlags = 0): Buffer {
  const body = Buffer.alloc(fuse.READ_BYTES);
  body.writeBigUInt64LE(handle, fuse.HANDLE);
  body.writeUInt32LE(size, fuse.READ_SIZE);
  body.writeUInt32LE(fileFlags, fuse.READ_FILE_FLAGS);
  return body;
}

export function writeBody(handle: bigint, data: Uint8Array): Buffer {
  const body = Buffer.alloc(fuse.WRITE_BYTES + data.length);
  body.writeBigUInt64LE(handle, fuse.HANDLE);
  body.writeUInt32LE(data.length, fuse.WRITE_SIZE);
  body.set(data, fuse.WRITE_BYTES);
  return body;
}

export function pollBody(handle: bigint, kernelHandle: bigint, flags: number): Buffer {
  const body = Buffer.alloc(fuse.POLL_BYTES);
  body.writeBigUInt64LE(handle, fuse.HANDLE);
  body.writeBigUInt64LE(kernelHandle, fuse.POLL_KERNEL_HANDLE);
  body.writeUInt32LE(flags, fuse.POLL_FLAGS);
  return body;
}

export function handleBody(handle: bigint, bytes: number): Buffer {
  const body = Buffer.alloc(bytes);
  body.writeBigUInt64LE(handle, fuse.HANDLE);
  return body;
}

export function interruptBody(unique: bigint): Buffer {
  return handleBody(unique, fuse.INTERRUPT_BYTES);
}
