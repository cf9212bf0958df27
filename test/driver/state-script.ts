/**
 * Runs one script of `linux-state.jsonl` against a session and writes down what is seen, in the words of the
 * recording. Within one event, what the caller gets back (`results`) and what happens elsewhere (`effects`) are two
 * lists: the kernel runs part of its work before and part after the call returns, which no peer can tell apart.
 */
import { createCodec } from 'hv-kvp/codec';
import { POLLERR, POLLHUP, POLLIN, POLLRDNORM } from 'hv-kvp/device';
import { createDriverSession, type DriverSession, type StateName } from 'hv-kvp/driver';
import { PacketQueue } from '../_support/packet-queue.js';
import { bytesOf, hexOf } from '../_support/vector-hex.js';

export interface StateVector {
  name: string;
  quirk?: string;
  events: ScriptEvent[];
  observed: { at_ms: number; after_event: number; what: string; [field: string]: unknown }[];
  states: string[];
}

interface ScriptEvent {
  at_ms: number;
  event: string;
  hex?: string;
  transaction_id?: string;
  interrupt?: boolean;
  size?: number;
  bad_pointer?: boolean;
  fd?: number;
}

/** What one event led to, each entry a line of text with all its bytes. */
export interface Seen {
  results: string[];
  effects: string[];
}

const codec = createCodec();
/** Stands for the legacy netlink transport, which the package does not have: a client that always reads at once. */
const NETLINK_FILE = Number.MAX_SAFE_INTEGER;

const KERNEL_STATES: Record<StateName, string> = {
  closed: 'INIT',
  open: 'INIT',
  registering: 'INIT',
  ready: 'READY',
  handed: 'USERSPACE_REQ',
  answering: 'USERSPACE_REQ',
  owed: 'READY',
  gone: 'DYING',
};

export const line = (at: number, what: string, ...fields: unknown[]): string => [at, what, ...fields].join(' ');

export function recorded(vector: StateVector): Seen[] {
  const seen: Seen[] = vector.events.map(() => ({ results: [], effects: [] }));
  for (const { at_ms, after_event, what, ...fields } of vector.observed) {
    const { results, effects } = seen[after_event]!;
    const hex = typeof fields['hex'] === 'string' ? [hexOf(bytesOf(fields['hex']))] : [];
    const rest = ['transaction_id', 'errno', 'bytes', 'mask'].flatMap((name) => (name in fields ? [fields[name]] : []));
    (what.endsWith('_result') ? results : effects).push(line(at_ms, what, ...rest, ...hex));
  }
  return seen;
}

export class StateScript {
  readonly states: string[] = [];
  readonly seen: Seen[] = [];
  #now = 0;
  #channel = new PacketQueue();
  readonly #deferred: (() => void)[] = [];
  readonly #session: DriverSession;
  #netlink = false;
  #current: Seen = { results: [], effects: [] };

  constructor() {
    this.#session = createDriverSession({
      channel: this.#listenTo(this.#channel),
      codec,
      clock: () => this.#now,
      maxMessageVersion: { major: 4, minor: 0 },
      defer: (work) => this.#deferred.push(work),
    });
    this.#session.onWake(() => {
      if (this.#netlink) this.#netlinkReads();
      else this.#effect('daemon_wake');
    });
  }

  run(vector: StateVector): void {
    for (const event of vector.events) {
      this.#current = { results: [], effects: [] };
      this.#advance(event.at_ms);
      this.#play(event);
      this.#settle();
      this.seen.push(this.#current);
      this.states.push(KERNEL_STATES[this.#session.state]);
    }
  }

  #play({ event, hex, transaction_id, interrupt, size = 0, bad_pointer, fd = 0 }: ScriptEvent): void {
    const session = this.#session;
    const bytes = bytesOf(hex ?? '');
    switch (event) {
      case 'host_packet': {
        const id = BigInt(transaction_id!);
        this.#channel.put(bytes, {
          transactionLow: Number(id & 0xffffffffn),
          transactionHigh: Number(id >> 32n),
        });
        if (interrupt !== false) this.#channel.ring();
        return;
      }
      case 'host_interrupt':
        this.#channel.ring();
        return;
      case 'daemon_open':
        this.#endNetlink();
        this.#result('open_result', session.open(fd));
        return;
      case 'daemon_close':
        session.release(fd);
        return;
      case 'daemon_read':
        // The kernel notices a bad pointer while copying; here the copy is the transport's, before it asks the driver.
        this.#result('read_result', ...(bad_pointer ? ['EFAULT'] : this.#read(fd, size)));
        return;
      case 'daemon_write': {
        const outcome = bad_pointer ? { errno: 'EFAULT' } : session.write(fd, bytes);
        this.#result('write_result', 'bytes' in outcome ? outcome.bytes : outcome.errno);
        return;
      }
      case 'daemon_poll':
        this.#result('poll_result', maskText(session.poll(fd)));
        return;
      case 'suspend':
        session.suspend();
        return;
      case 'resume':
        this.#channel = this.#listenTo(new PacketQueue());
        session.resume(this.#channel);
        return;
      case 'unload':
        session.close();
        if (session.open(fd) === 'ENODEV') this.#effect('device_removed');
        return;
      case 'netlink_message':
        this.#netlinkWrites(bytes);
        return;
      case 'tick':
      case 'hold_work':
      case 'run_work':
      case 'release_work':
        return;
      default:
        throw new Error(`unknown event ${event}`);
    }
  }

  #read(file: number, size: number): unknown[] {
    const outcome = this.#session.read(file, size);
    if (outcome.kind === 'message') return [outcome.message.length, hexOf(outcome.message)];
    return [outcome.kind === 'blocks' ? 'would_block' : outcome.errno];
  }

  #netlinkWrites(message: Uint8Array): void {
    if (!this.#netlink && this.#session.open(NETLINK_FILE) !== 'ok') return;
    this.#netlink = true;
    this.#session.write(NETLINK_FILE, message);
  }

  #netlinkReads(): void {
    const outcome = this.#session.read(NETLINK_FILE, Number.MAX_SAFE_INTEGER);
    if (outcome.kind === 'message') this.#effect('netlink_to_daemon', hexOf(outcome.message));
  }

  #endNetlink(): void {
    if (!this.#netlink) return;
    this.#netlink = false;
    this.#session.release(NETLINK_FILE);
  }

  #advance(to: number): void {
    for (;;) {
      const deadline = this.#session.nextDeadline();
      if (deadline === undefined || deadline > to) break;
      this.#now = deadline;
      this.#session.tick(deadline);
      this.#settle();
    }
    this.#now = to;
  }

  #settle(): void {
    for (let work = this.#deferred.shift(); work !== undefined; work = this.#deferred.shift()) work();
  }

  #listenTo(channel: PacketQueue): PacketQueue {
    channel.onSent = ({ payload, transactionLow, transactionHigh }) => {
      const id = (BigInt(transactionHigh) << 32n) | BigInt(transactionLow);
      this.#effect('to_host', `0x${id.toString(16).padStart(16, '0')}`, hexOf(payload));
    };
    return channel;
  }

  #result(what: string, ...fields: unknown[]): void {
    this.#current.results.push(line(this.#now, what, ...fields));
  }

  #effect(what: string, ...fields: unknown[]): void {
    this.#current.effects.push(line(this.#now, what, ...fields));
  }
}

function maskText(mask: number): string {
  const names = Object.entries({ POLLIN, POLLERR, POLLHUP, POLLRDNORM })
    .filter(([, bit]) => (mask & bit) !== 0)
    .map(([name]) => name);
  return names.length === 0 ? '0' : names.join('|');
}
