/**
 * The guest driver: between the rings of a VMBus channel and the device that a daemon opens. Sans-IO: it is moved by
 * doorbells, device calls and `tick`, reads the injected clock, and never waits. protocol.md 4 is the contract;
 * docs/differences.md lists where it is deliberately better than the drivers of Linux and FreeBSD.
 */
import { requireBytes, requireFunction, requireInteger, requireTime } from '../arguments.js';
import type { ChannelEnd } from '../channel/end.js';
import {
  type DeviceErrno,
  type DeviceServer,
  type FileId,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLRDNORM,
  type ReadOutcome,
  type WriteOutcome,
} from '../device/port.js';
import { MisuseError } from '../errors.js';
import type { DriverEvent } from './events.js';
import { Intake } from './intake.js';
import { checkOptions, type DriverOptions, requireChannel } from './options.js';
import { PROFILES, type Profile } from './profile.js';
import { currentOpening, type Opening, pendingRequest, type Request, type State, withoutRequest } from './state.js';
import { Translator } from './translate.js';

const error = (errno: DeviceErrno) => ({ kind: 'error', errno }) as const;

/**
 * ```ts
 * const session = createDriverSession({ channel: guestEnd, codec: createCodec(), clock: () => performance.now() });
 * const device = createDevicePair(session); // or serveDevice({ path, server: session })
 * ```
 */
export function createDriverSession(options: DriverOptions): DriverSession {
  return new DriverSession(options);
}

export class DriverSession implements DeviceServer {
  readonly profile: Profile;
  readonly #clock: () => number;
  readonly #onDeadline: () => void;
  readonly #defer: (work: () => void) => void;
  readonly #translator: Translator;
  readonly #intake: Intake;
  readonly #wakes = new Set<() => void>();
  readonly #listeners = new Set<(event: DriverEvent) => void>();
  #state: State = { name: 'closed', waiting: undefined };
  #pumping = false;
  #pumpDeferred = false;
  #wakeDue = false;
  /** Since when packets may wait for the next turn. */
  #turnOverSince: number | undefined;

  constructor(options: DriverOptions) {
    checkOptions(options);
    this.profile = PROFILES[options.profile ?? 'linux'];
    const timeoutMs = options.timeoutMs ?? this.profile.timeoutMs;
    this.#clock = options.clock;
    this.#onDeadline = options.onDeadline ?? (() => {});
    this.#defer = options.defer ?? queueMicrotask;
    const { codec, maxMessageVersion, interfaceName } = options;
    this.#translator = new Translator({ codec, profile: this.profile, maxMessageVersion, interfaceName });
    this.#intake = new Intake({
      translator: this.#translator,
      deadline: () => this.#clock() + timeoutMs,
      doorbell: () => this.#pump(),
      emit: (event) => this.#emit(event),
    });
    this.#intake.attach(options.channel);
  }

  /** The state of protocol.md 4.3 that the session is in, by the names of {@link State}. */
  get state(): State['name'] {
    return this.#state.name;
  }

  /** Subscribes a trace; returns the unsubscriber. A listener must not call the session. */
  onEvent(listener: (event: DriverEvent) => void): () => void {
    requireFunction('listener', listener);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // The device.

  open(file: FileId): DeviceErrno | 'ok' {
    requireInteger('file', file, 0, Number.MAX_SAFE_INTEGER);
    const state = this.#state;
    if (state.name === 'gone') return state.opening === undefined ? 'ENODEV' : 'EBADF';
    if (state.name !== 'closed') return 'EBUSY';
    this.#enter({ name: 'open', opening: { file, registration: undefined }, waiting: state.waiting });
    return 'ok';
  }

  /** The message is the session's own and valid until the next call: copy it. */
  read(file: FileId, size: number): ReadOutcome {
    requireInteger('size', size, 0, Number.MAX_SAFE_INTEGER);
    const state = this.#state;
    if (currentOpening(state)?.file !== file || state.name === 'gone') return error('EBADF');
    if (state.name === 'open' && this.profile.readsBeforeRegistration === 'EPERM') return error('EPERM');
    if (state.name !== 'registering' && state.name !== 'handed') return { kind: 'blocks' };
    if (size < this.profile.messageBytes) return error('EINVAL');
    if (state.name === 'registering') {
      this.#becomeReady(state.opening, state.waiting);
      return { kind: 'message', message: state.reply };
    }
    this.#enter({ name: 'answering', opening: state.opening, request: state.request });
    return { kind: 'message', message: state.request.message };
  }

  write(file: FileId, message: Uint8Array): WriteOutcome {
    requireBytes('message', message);
    const state = this.#state;
    if (currentOpening(state)?.file !== file || state.name === 'gone') return error('EBADF');
    if (message.length < this.profile.messageBytes) return error('EINVAL');
    switch (state.name) {
      case 'open':
      case 'registering':
        return this.#register(state, message);
      case 'answering':
        this.#takeAnswer(state.opening, state.request, message);
        return { kind: 'written', bytes: message.length };
      case 'owed':
        this.#emit({ what: 'late-answer' });
        this.#becomeReady(state.opening, state.waiting);
        return this.profile.lateAnswer === 'accepted' ? { kind: 'written', bytes: message.length } : error('EINVAL');
      default:
        return error('EINVAL');
    }
  }

  poll(file: FileId): number {
    const state = this.#state;
    if (currentOpening(state)?.file !== file || state.name === 'gone') return POLLERR | POLLHUP;
    const readable =
      state.name === 'registering' ||
      state.name === 'handed' ||
      (state.name === 'answering' && this.profile.pollsUntilAnswered);
    return readable ? POLLIN | POLLRDNORM : 0;
  }

  release(file: FileId): void {
    const state = this.#state;
    if (currentOpening(state)?.file !== file) return;
    if (state.name === 'gone') {
      this.#enter({ name: 'gone', opening: undefined });
      return;
    }
    // What no daemon has read waits for the next daemon; what was read can have been acted on, so it fails.
    const read = state.name === 'answering' ? state.request : undefined;
    this.#enter({ name: 'closed', waiting: read === undefined ? pendingRequest(state) : undefined });
    if (read !== undefined) this.#intake.fail(read, 'closed');
    this.#pumpLater();
  }

  onWake(listener: () => void): () => void {
    requireFunction('listener', listener);
    this.#wakes.add(listener);
    return () => this.#wakes.delete(listener);
  }

  // The clock.

  /**
   * When `tick` has something to do, or undefined. Already past when a turn is over: call `tick` as soon as timers and
   * IO had theirs.
   */
  nextDeadline(): number | undefined {
    return this.#turnOverSince ?? pendingRequest(this.#state)?.deadline;
  }

  /**
   * Answers what has timed out at `now` (default: the clock's), and takes packets again after a turn. Calling it early
   * or often does no harm.
   */
  tick(now: number = this.#clock()): void {
    requireTime('now', now);
    const goesOn = this.#turnOverSince !== undefined;
    if (goesOn) {
      this.#turnOverSince = undefined;
      this.#intake.beginTurn();
    }
    const request = pendingRequest(this.#state);
    const isLate = request !== undefined && now >= request.deadline;
    if (isLate) {
      this.#enter(withoutRequest(this.#state));
      this.#intake.fail(request, 'timeout');
    }
    if (goesOn || isLate) this.#pump();
    if (goesOn) this.#onDeadline();
  }

  // The channel's life.

  /** The channel goes away under the session; what was in progress gets no answer, for there is nowhere to send it. */
  suspend(): void {
    this.#intake.detach();
    this.#enter(withoutRequest(this.#state));
    this.#emit({ what: 'suspended' });
  }

  /** A fresh channel: after `suspend`, or after the ring of the last one was found corrupt. The host negotiates again. */
  resume(channel: ChannelEnd): void {
    requireChannel(channel);
    if (this.#state.name === 'gone') throw new MisuseError('the driver is unloaded: create another');
    if (pendingRequest(this.#state) !== undefined) this.suspend();
    this.#intake.attach(channel);
    this.#emit({ what: 'resumed' });
    this.#pump();
  }

  /** The driver is unloaded: answers what is in progress, lets go of the channel, and fails every device call. */
  close(): void {
    const state = this.#state;
    if (state.name === 'gone') return;
    const request = pendingRequest(state);
    this.#turnOverSince = undefined;
    this.#enter({ name: 'gone', opening: currentOpening(state) });
    if (request !== undefined) this.#intake.fail(request, 'unloaded');
    this.#intake.flush();
    this.#intake.detach();
    this.#wakeDue = true;
    this.#wakeReaders();
  }

  // Registration.

  #register(state: State & { name: 'open' | 'registering' }, message: Uint8Array): WriteOutcome {
    const registration = message[0]!;
    if (!this.profile.registrations.includes(registration)) return error('EINVAL');
    // The one message slot holds the reply to the first registration.
    if (state.name === 'registering') return error('EFAULT');
    const opening: Opening = { file: state.opening.file, registration };
    if (this.profile.repliesToRegistration) {
      const reply = this.#translator.registrationReply(registration);
      this.#enter({ name: 'registering', opening, reply, waiting: state.waiting });
      this.#wakeDue = true;
      this.#pumpLater();
    } else {
      this.#becomeReady(opening, state.waiting);
    }
    return { kind: 'written', bytes: message.length };
  }

  /** The daemon can take a request: the one that waits, or the next of the ring. */
  #becomeReady(opening: Opening, waiting: Request | undefined): void {
    if (this.#state.name !== 'owed') this.#emit({ what: 'registered', operation: opening.registration! });
    if (waiting === undefined) this.#enter({ name: 'ready', opening });
    else this.#hand(opening, waiting);
    this.#pumpLater();
  }

  // Requests.

  /** Sends what is due and takes packets while a request may be accepted. Every path that may allow more ends here. */
  #pump(): void {
    // A peer in the same process may ring back from within `send`; the loop below sees what it put there.
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#acceptsRequest()) {
        const request = this.#intake.next();
        if (request === undefined) break;
        this.#accept(request);
      }
      this.#intake.flush();
    } finally {
      this.#pumping = false;
    }
    if (this.#intake.turnIsOver && this.#turnOverSince === undefined && this.#state.name !== 'gone') {
      this.#turnOverSince = this.#clock();
      this.#onDeadline();
    }
    this.#wakeReaders();
  }

  #pumpLater(): void {
    if (this.#pumpDeferred) return;
    this.#pumpDeferred = true;
    this.#defer(() => {
      this.#pumpDeferred = false;
      this.#pump();
    });
  }

  #acceptsRequest(): boolean {
    const state = this.#state;
    return state.name === 'ready' || (state.name === 'owed' && state.waiting === undefined);
  }

  #accept(request: Request): void {
    const state = this.#state;
    if (state.name === 'owed') this.#enter({ ...state, waiting: request });
    else if (state.name === 'ready') this.#hand(state.opening, request);
  }

  #hand(opening: Opening, request: Request): void {
    this.#enter({ name: 'handed', opening, request });
    const { operation, pool, transactionLow: transaction } = request;
    this.#emit({ what: 'request', operation, pool, transaction });
    this.#wakeDue = true;
  }

  #takeAnswer(opening: Opening, request: Request, answer: Uint8Array): void {
    this.#enter({ name: 'ready', opening });
    this.#intake.answer(request, answer, opening.registration!);
    this.#pumpLater();
  }

  #enter(next: State): void {
    const from = this.#state.name;
    this.#state = next;
    if (from !== next.name) this.#emit({ what: 'state', from, to: next.name });
    this.#onDeadline();
  }

  #wakeReaders(): void {
    if (!this.#wakeDue) return;
    this.#wakeDue = false;
    for (const listener of [...this.#wakes]) listener();
  }

  #emit(event: DriverEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
