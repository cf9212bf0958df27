/** A driver session on a virtual clock, with a host and a daemon that the test plays. */
import { createCodec } from 'hv-kvp/codec';
import type { FileId, WriteOutcome } from 'hv-kvp/device';
import {
  createDriverSession,
  type DriverEvent,
  type DriverOptions,
  type DriverSession,
  type ProfileName,
} from 'hv-kvp/driver';
import { PacketQueue, type Sent } from './packet-queue.js';

export const codec = createCodec();

export const STATUS_OK = 0;
export const STATUS_FAIL = 0x80004005;
export const STATUS_NOT_SUPPORTED = 0x80070032;
export const STATUS_INVALID = 0x80070057;

export class DriverHarness {
  now = 0;
  wakes = 0;
  channel = new PacketQueue();
  readonly events: DriverEvent[] = [];
  readonly session: DriverSession;
  readonly messageBytes: number;
  readonly #deferred: (() => void)[] = [];

  constructor(profile: ProfileName = 'linux', major = 4, options: Partial<DriverOptions> = {}) {
    this.session = createDriverSession({
      channel: this.channel,
      codec,
      profile,
      clock: () => this.now,
      maxMessageVersion: { major, minor: 0 },
      defer: (work) => this.#deferred.push(work),
      ...options,
    });
    this.messageBytes = this.session.profile.messageBytes;
    this.session.onWake(() => this.wakes++);
    this.session.onEvent((event) => this.events.push(event));
  }

  /** Lets everything happen that waits for no time to pass, the turns of a flood included. */
  settle(): void {
    const isDue = () => (this.session.nextDeadline() ?? Number.POSITIVE_INFINITY) <= this.now;
    for (;;) {
      for (let work = this.#deferred.shift(); work !== undefined; work = this.#deferred.shift()) work();
      if (!isDue()) return;
      this.session.tick(this.now);
    }
  }

  /** Moves the clock, firing what falls due on the way. */
  advance(milliseconds: number): void {
    const until = this.now + milliseconds;
    for (;;) {
      const deadline = this.session.nextDeadline();
      if (deadline === undefined || deadline > until) break;
      this.now = deadline;
      this.session.tick(deadline);
      this.settle();
    }
    this.now = until;
  }

  // The host.

  send(payload: Uint8Array, transactionLow = 0, type = 6): void {
    this.channel.put(payload, { transactionLow, type });
    this.channel.ring();
    this.settle();
  }

  /** What the host received since the last call. */
  received(): Sent[] {
    return this.channel.sent.splice(0);
  }

  /** Exactly one answer arrived; its status and transaction id. */
  answer(): { status: number; transaction: number; payload: Uint8Array } {
    const sent = this.received();
    if (sent.length !== 1) throw new Error(`expected one answer, got ${sent.length}`);
    const { payload, transactionLow } = sent[0]!;
    return { status: statusOf(payload), transaction: transactionLow, payload };
  }

  /** A fresh channel in place of a broken one. */
  reopenChannel(): void {
    this.channel = new PacketQueue();
    this.session.resume(this.channel);
    this.settle();
  }

  // The daemon.

  register(file: FileId = 1, operation = this.session.profile.name === 'linux' ? 100 : 4): void {
    if (this.session.open(file) !== 'ok') throw new Error('open refused');
    const outcome = this.write(this.message(operation), file);
    if (outcome.kind === 'error') throw new Error(`registration refused: ${outcome.errno}`);
    if (this.session.profile.repliesToRegistration) this.read(file);
  }

  message(firstByte = 0): Uint8Array {
    const message = new Uint8Array(this.messageBytes);
    message[0] = firstByte;
    return message;
  }

  /** A private copy of what the daemon reads; throws when there is nothing. */
  read(file: FileId = 1): Uint8Array {
    const outcome = this.session.read(file, this.messageBytes);
    const copy = outcome.kind === 'message' ? outcome.message.slice() : undefined;
    this.settle();
    if (copy === undefined) throw new Error(outcome.kind === 'error' ? outcome.errno : outcome.kind);
    return copy;
  }

  /** What a read that finds no message says. */
  readOutcome(file: FileId = 1, size = this.messageBytes): string {
    const outcome = this.session.read(file, size);
    this.settle();
    return outcome.kind === 'error' ? outcome.errno : outcome.kind;
  }

  write(message: Uint8Array, file: FileId = 1): WriteOutcome {
    const outcome = this.session.write(file, message);
    this.settle();
    return outcome;
  }

  /** The errno of a write, or 'ok'. */
  writeErrno(message: Uint8Array, file: FileId = 1): string {
    const outcome = this.write(message, file);
    return outcome.kind === 'error' ? outcome.errno : 'ok';
  }

  release(file: FileId = 1): void {
    this.session.release(file);
    this.settle();
  }
}

export const statusOf = (payload: Uint8Array): number =>
  new DataView(payload.buffer, payload.byteOffset).getUint32(20, true);
