/**
 * One random interleaving of host, daemon, timer and close events on a virtual clock, with a model of what may happen:
 * which requests are open, what an honest daemon has read and not yet answered.
 *
 * The host numbers its requests: the VMBus transaction id is also the index of the ENUMERATE request, and the honest
 * daemon answers with a key and a value made of that index, so that an answer that got mixed up cannot go unseen.
 */
import type { ProfileName } from 'hv-kvp/driver';
import { DriverHarness, statusOf } from '../_support/driver-harness.js';
import { enumerateRequest, hostRequest, icMessage, negotiateRequest } from '../_support/host-requests.js';
import type { Random } from '../_support/random.js';

const STATES = ['closed', 'open', 'registering', 'ready', 'handed', 'answering', 'owed', 'gone'];
const READ_OUTCOMES = ['message', 'blocks', 'EINVAL', 'EBADF', 'EPERM'];
const WRITE_OUTCOMES = ['ok', 'EINVAL', 'EBADF', 'EFAULT'];

const ENUMERATE = enumerateRequest(1, 0);
const NEGOTIATE = negotiateRequest(3, 4);
const REFUSED = [
  hostRequest(6),
  hostRequest(3, { pool: 5 }),
  hostRequest(1, { value: 'no key' }),
  icMessage(3, 16),
  hostRequest(1).subarray(0, 40),
];
const DROPPED = [new Uint8Array(0), ENUMERATE.subarray(0, 24)];

/** Whether the daemon keeps to "one write after each read", however late; a hostile one writes what it likes. */
export type DaemonManners = 'honest' | 'hostile';

export class Interleaving {
  readonly harness: DriverHarness;
  readonly #random: Random;
  readonly #manners: DaemonManners;
  readonly #log: string[] = [];
  /** Requests without an answer, by transaction id, and what each must be answered with if the driver refuses it. */
  readonly #open = new Set<number>();
  #lastId = 0;
  #lastAnswered = 0;
  #file = 0;
  #device: 'closed' | 'open' | 'registered' = 'closed';
  /** Indices that the honest daemon has read and not yet written about, oldest first. */
  #unanswered: number[] = [];
  answered = 0;

  constructor(random: Random, profile: ProfileName, manners: DaemonManners) {
    this.harness = new DriverHarness(profile);
    this.#random = random;
    this.#manners = manners;
  }

  run(steps: number): void {
    try {
      for (let step = 0; step < steps; step++) {
        this.#step();
        this.#check();
      }
      this.#recover();
    } catch (error) {
      throw new Error(`${(error as Error).message}\n  after: ${this.#log.join(', ')}`);
    }
  }

  #step(): void {
    const die = this.#random.below(100);
    if (die < 28) this.#hostSends();
    else if (die < 32) this.#do('ring', () => this.harness.channel.ring());
    else if (die < 52) this.#daemonReads();
    else if (die < 72) this.#daemonWrites();
    else if (die < 80) this.#daemonOpens();
    else if (die < 84) this.#daemonCloses();
    else if (die < 92) this.#timePasses();
    else if (die < 96) this.#ringFillsOrEmpties();
    else if (die < 98) this.#suspends();
    else this.#second();
  }

  #hostSends(): void {
    const die = this.#random.below(12);
    if (die === 0) this.#put('dropped', this.#random.pick(DROPPED), false);
    else if (die === 1) this.#put('negotiate', NEGOTIATE, true);
    else if (die === 2) this.#put('refused', this.#random.pick(REFUSED), true);
    else this.#request();
  }

  #request(): void {
    ENUMERATE.writeUInt32LE(this.#lastId + 1, 32);
    this.#put('request', ENUMERATE, true);
  }

  #put(what: string, payload: Uint8Array, answerable: boolean): void {
    const id = ++this.#lastId;
    if (answerable) this.#open.add(id);
    const rung = !this.#random.oneIn(6);
    this.#do(`${what} ${id}${rung ? '' : ' unrung'}`, () => {
      this.harness.channel.put(payload, { transactionLow: id });
      if (rung) this.harness.channel.ring();
    });
  }

  #daemonReads(): void {
    const size = this.#random.oneIn(10) ? 100 : this.harness.messageBytes;
    this.#do(`read ${size}`, () => {
      const outcome = this.harness.session.read(this.#file, size);
      const text = outcome.kind === 'error' ? outcome.errno : outcome.kind;
      expect(READ_OUTCOMES.includes(text), `read gave ${text}`);
      if (outcome.kind !== 'message') return;
      expect(outcome.message.length === this.harness.messageBytes, 'a message is whole');
      if (this.#device === 'open') this.#device = 'registered';
      else this.#unanswered.push(indexOf(outcome.message));
    });
  }

  #daemonWrites(): void {
    const message = this.harness.message();
    if (this.#device === 'open') {
      message[0] = this.#random.pick([100, 100, 4, 7]);
    } else if (this.#manners === 'hostile') {
      for (let at = 0; at < 40; at++) message[at] = this.#random.below(256);
    } else {
      // One answer a read, always to the oldest: that is how a daemon without sequence numbers can work at all.
      const index = this.#unanswered.shift();
      if (index === undefined) return;
      fillAnswer(message, index);
    }
    const written = this.#random.oneIn(12) && this.#manners === 'hostile' ? message.subarray(0, 50) : message;
    this.#do(`write ${message[0]}`, () => {
      const outcome = this.harness.session.write(this.#file, written);
      const text = outcome.kind === 'error' ? outcome.errno : 'ok';
      expect(WRITE_OUTCOMES.includes(text), `write gave ${text}`);
      if (text === 'ok' && this.#device === 'open' && !this.harness.session.profile.repliesToRegistration)
        this.#device = 'registered';
    });
  }

  #daemonOpens(): void {
    if (this.#device !== 'closed') return;
    this.#do('open', () => {
      expect(this.harness.session.open(++this.#file) === 'ok', 'a closed device opens');
      this.#device = 'open';
    });
  }

  #daemonCloses(): void {
    this.#do('close', () => this.harness.session.release(this.#file));
    this.#device = 'closed';
    this.#unanswered = [];
  }

  #timePasses(): void {
    const milliseconds = this.#random.pick([0, 1, 4_999, 5_000, 29_999, 30_000, 100_000]);
    this.#log.push(`${milliseconds} ms`);
    this.harness.advance(milliseconds);
  }

  #ringFillsOrEmpties(): void {
    const { channel } = this.harness;
    const room = this.#random.pick([0, 1, Number.POSITIVE_INFINITY]);
    this.#do(`room ${room}`, () => {
      channel.room = room;
      if (room > 0) channel.ring();
    });
  }

  #suspends(): void {
    this.#do('suspend', () => this.harness.session.suspend());
    this.#collect();
    // What was in the rings went with them; the host starts again.
    this.#open.clear();
    this.#do('resume', () => this.harness.reopenChannel());
  }

  /** Somebody else tries to open, and uses a file that is not his. */
  #second(): void {
    this.#do('intruder', () => {
      const { session } = this.harness;
      const stranger = 1_000_000;
      if (this.#device !== 'closed') expect(session.open(stranger) === 'EBUSY', 'a second open is EBUSY');
      const read = session.read(stranger, 10_000);
      expect(read.kind === 'error' && read.errno === 'EBADF', 'a stranger cannot read');
      const write = session.write(stranger, this.harness.message());
      expect(write.kind === 'error' && write.errno === 'EBADF', 'a stranger cannot write');
      session.release(stranger);
    });
  }

  #do(what: string, work: () => void): void {
    this.#log.push(what);
    work();
    this.harness.settle();
  }

  #check(): void {
    const { session } = this.harness;
    expect(STATES.includes(session.state), `state ${session.state}`);
    const mustHave = session.state === 'handed' || session.state === 'answering';
    if (mustHave) expect(session.nextDeadline() !== undefined, 'a request in progress has a deadline');
    if (session.state === 'ready') expect(session.nextDeadline() === undefined, 'no deadline without a request');
    this.#collect();
  }

  /** Each answer is to an open request, in the order of the requests, and with that request's own data. */
  #collect(): void {
    for (const { payload, transactionLow: id } of this.harness.received()) {
      expect(this.#open.delete(id), `answer to ${id}, which is answered already or was never sent`);
      expect(id > this.#lastAnswered, `answer to ${id} after the answer to ${this.#lastAnswered}`);
      this.#lastAnswered = id;
      this.answered++;
      expect(payload[25] === 5, 'an answer carries the response flags');
      if (this.#manners === 'honest' && statusOf(payload) === 0 && payload[12] === 2) {
        const { key, value } = enumerated(payload);
        expect(key === `key${id}` && value === `value${id}`, `request ${id} was answered with ${key} = ${value}`);
      }
    }
  }

  /** After any history a fresh daemon serves the next request, and every request before it has its answer. */
  #recover(): void {
    this.#log.push('recover');
    this.harness.channel.room = Number.POSITIVE_INFINITY;
    this.#do('ring', () => this.harness.channel.ring());
    this.#daemonCloses();
    this.harness.register(++this.#file);
    this.#device = 'registered';
    this.harness.channel.put(withIndex(++this.#lastId), { transactionLow: this.#lastId });
    this.#open.add(this.#lastId);
    this.#do('ring', () => this.harness.channel.ring());
    this.#collect();
    while (this.#open.size > 0) {
      const before = this.#open.size;
      const index = indexOf(this.harness.read(this.#file));
      const answer = this.harness.message();
      fillAnswer(answer, index);
      expect(this.harness.writeErrno(answer, this.#file) === 'ok', 'a fresh daemon’s answer is taken');
      this.#collect();
      expect(this.#open.size < before, 'each answer of a fresh daemon is an answer to the host');
    }
    expect(this.harness.session.state === 'ready', `ready again, not ${this.harness.session.state}`);
    expect(this.#lastAnswered === this.#lastId, 'the last request was answered last');
  }
}

function expect(condition: boolean, what: string): void {
  if (!condition) throw new Error(`broken invariant: ${what}`);
}

function withIndex(index: number): Uint8Array {
  ENUMERATE.writeUInt32LE(index, 32);
  return ENUMERATE;
}

const indexOf = (message: Uint8Array): number => new DataView(message.buffer, message.byteOffset).getUint32(4, true);

function fillAnswer(message: Uint8Array, index: number): void {
  const text = Buffer.from(message.buffer, message.byteOffset, message.length);
  text.writeUInt32LE(index, 4);
  text.write(`key${index}`, 20);
  text.write(`value${index}`, 532);
}

/** Key and value of an ENUMERATE answer, by their stated sizes. */
function enumerated(payload: Uint8Array): { key: string; value: string } {
  const body = Buffer.from(payload.buffer, payload.byteOffset + 28, payload.length - 28);
  const text = (sizeAt: number, at: number) => body.toString('utf16le', at, at + body.readUInt32LE(sizeAt) - 2);
  return { key: text(12, 20), value: text(16, 532) };
}
