/**
 * A machine on its channel: requests queue here and leave one at a time, doorbells bring answers, the clock brings
 * deadlines, and faults are played on the way out. Nothing queued ever hangs: whatever ends the channel or begins a new
 * negotiation rejects every request that waits.
 */
import type { ChannelEnd } from '../channel/end.js';
import type { Clock } from '../clock.js';
import type { KvpAnswer, KvpMessage } from '../codec/index.js';
import { KvpError } from '../errors.js';
import { PACKET_INBAND } from '../wire/ring.js';
import type { HostEvent } from './events.js';
import { corrupted, type Fault, FaultQueue, faultTarget, type Sender } from './faults.js';
import { HostMachine, type HostRequest, type MachineOptions, type MachineOutput } from './machine.js';
import type { Tap } from './transcript.js';

interface Waiting {
  request: HostRequest;
  sender: Sender;
  resolve(outcome: { answer: KvpAnswer; payload: Uint8Array }): void;
  reject(error: unknown): void;
}

export interface LinkOptions extends MachineOptions {
  clock: Clock;
  onEvent: (event: HostEvent) => void;
  tap?: Tap;
}

export interface Pending {
  request?: HostRequest;
  /** Milliseconds since it was sent, and how many it may take. */
  ms?: number;
  limitMs?: number;
  waiting: number;
}

/** Requests that may wait for their turn; more would only find out later that nobody answers. */
const MAX_WAITING = 1_024;

/** Packets taken per turn, so that a guest that floods the ring cannot keep the process to itself. */
const PACKETS_PER_TURN = 64;

export class HostLink {
  readonly faults = new FaultQueue();
  readonly #clock: Clock;
  readonly #onEvent: (event: HostEvent) => void;
  readonly #tap: Tap | undefined;
  readonly #machine: HostMachine;
  readonly #timeoutMs: number;
  readonly #queue: Waiting[] = [];
  /** Payloads that found the ring full; the guest's doorbell says when there is room. */
  readonly #unsent: Uint8Array[] = [];
  #announced: HostMachine['state']['name'] = 'closed';
  #inFlight: (Waiting & { since: number }) | undefined;
  #channel: { end: ChannelEnd; unsubscribe: () => void } | undefined;
  #negotiationHarmed = false;
  #answeredAt: number | undefined;
  #cancelTimer: (() => void) | undefined;
  #cancelDelay: (() => void) | undefined;
  #cancelTurn: (() => void) | undefined;

  constructor({ clock, onEvent, tap, ...machine }: LinkOptions) {
    this.#clock = clock;
    this.#onEvent = onEvent;
    this.#tap = tap;
    this.#machine = new HostMachine(machine);
    this.#timeoutMs = machine.timeoutMs;
  }

  get state(): HostMachine['state'] {
    return this.#machine.state;
  }

  /** Takes this channel into use and negotiates over it. A channel in use before is let go, not closed. */
  open(end: ChannelEnd): void {
    this.#release();
    this.#channel = { end, unsubscribe: end.onDoorbell(() => this.#wake()) };
    this.#play(this.#machine.open());
  }

  close(): void {
    this.#release();
    this.#play(this.#machine.close());
  }

  renegotiate(): void {
    // A fault kept the guest from seeing the one that is under way: nothing would ever answer it.
    const isLost = this.#machine.state.name === 'negotiating' && this.#negotiationHarmed;
    this.#play(isLost ? this.#machine.open() : this.#machine.renegotiate());
  }

  /** What the guest has been asked and has not answered yet, and how many requests wait behind it. */
  get pending(): Pending {
    const flight = this.#inFlight;
    const waiting = this.#queue.length;
    if (flight === undefined) return { waiting };
    return { waiting, request: flight.request, ms: this.#clock.now() - flight.since, limitMs: this.#timeoutMs };
  }

  /** The clock when the guest last answered anything. */
  get answeredAt(): number | undefined {
    return this.#answeredAt;
  }

  /** Sends a request when its turn comes. Rejects with ERR_HOST_STATE at once when there is no negotiated channel. */
  async request(message: KvpMessage, sender: Sender): Promise<KvpAnswer> {
    return (await this.#enqueue({ kind: 'kvp', message }, sender)).answer;
  }

  /** Sends these bytes as a payload, whatever they are, and resolves with the guest's next packet. */
  async requestRaw(payload: Uint8Array): Promise<Uint8Array> {
    return (await this.#enqueue({ kind: 'raw', payload }, 'administrator')).payload;
  }

  #enqueue(request: HostRequest, sender: Sender): Promise<{ answer: KvpAnswer; payload: Uint8Array }> {
    return new Promise((resolve, reject) => {
      const { state } = this.#machine;
      if (state.name === 'failed') {
        reject(new KvpError('ERR_HOST_CHANNEL_FAILED', { detail: state.reason.message, cause: state.reason }));
      } else if (state.name === 'closed' || state.name === 'negotiating') {
        const detail = state.name === 'closed' ? 'it is off' : 'the guest has not answered the negotiation yet';
        reject(new KvpError('ERR_HOST_STATE', { detail }));
      } else if (this.#queue.length >= MAX_WAITING) {
        reject(new KvpError('ERR_HOST_BUSY', { detail: `${MAX_WAITING} requests` }));
      } else {
        this.#queue.push({ request, sender, resolve, reject });
        this.#next();
      }
    });
  }

  #next(): void {
    while (this.#machine.state.name === 'ready') {
      const waiting = this.#queue.shift();
      if (waiting === undefined) return;
      this.#inFlight = { ...waiting, since: this.#clock.now() };
      try {
        this.#play(this.#machine.request(waiting.request, this.#inFlight.since));
      } catch (error) {
        // The message cannot be encoded: its caller learns so, the next one has its turn.
        this.#inFlight = undefined;
        waiting.reject(error);
      }
    }
  }

  #wake(): void {
    if (this.#channel === undefined) return;
    try {
      this.#flush();
      // The rest has its turn later, however often the guest rings.
      if (this.#cancelTurn !== undefined) return;
      const packets = this.#channel.end.receive(PACKETS_PER_TURN);
      for (const { type, payload } of packets) {
        this.#tap?.({ direction: 'guest-to-host', at: this.#clock.now(), payload });
        if (type !== PACKET_INBAND)
          throw new KvpError('ERR_RING_DESCRIPTOR', { expected: PACKET_INBAND, actual: type });
        // A private copy, for the machine's outputs may make the channel be read again.
        this.#play(this.#machine.receive(new Uint8Array(payload)));
      }
      if (packets.length === PACKETS_PER_TURN) {
        this.#cancelTurn = this.#clock.after(0, () => {
          this.#cancelTurn = undefined;
          this.#wake();
        });
      }
    } catch (error) {
      if (!(error instanceof KvpError)) throw error;
      this.#play(this.#machine.fail(error));
    }
  }

  #play(outputs: MachineOutput[]): void {
    this.#announceState();
    for (const output of outputs) this.#playOne(output);
    this.#armTimer();
    if (this.#machine.state.name !== 'ready' && this.#machine.state.name !== 'busy') this.#rejectQueue();
    else this.#next();
  }

  #announceState(): void {
    const { name } = this.#machine.state;
    if (name === this.#announced) return;
    this.#announced = name;
    this.#onEvent({ kind: 'state', state: name });
  }

  #playOne(output: MachineOutput): void {
    switch (output.kind) {
      case 'send':
        this.#sendWithFault(output.payload, output.request);
        return;
      case 'answered':
        this.#answeredAt = this.#clock.now();
        this.#settle(output.request, { answer: output.answer }, (waiting) => waiting.resolve(output));
        return;
      case 'unanswered':
        this.#cancelDelay?.();
        this.#settle(output.request, { error: output.error }, (waiting) => waiting.reject(output.error));
        return;
      case 'negotiated':
        this.#answeredAt = this.#clock.now();
        this.#onEvent({ kind: 'negotiated', ...output.agreed });
        return;
      case 'remarks':
      case 'dropped':
      case 'failed':
        this.#onEvent(output);
    }
  }

  #settle(
    request: HostRequest,
    outcome: { answer: KvpAnswer } | { error: KvpError },
    tell: (waiting: Waiting) => void,
  ): void {
    const flight = this.#inFlight;
    this.#inFlight = undefined;
    if (flight === undefined) return;
    const microseconds = Math.round((this.#clock.now() - flight.since) * 1000);
    if (request.kind === 'kvp') this.#onEvent({ kind: 'exchange', request: request.message, ...outcome, microseconds });
    tell(flight);
  }

  #sendWithFault(payload: Uint8Array, request: HostRequest | undefined): void {
    const fault = this.#faultFor(request);
    if (request === undefined) this.#negotiationHarmed = fault !== undefined && fault.kind !== 'delay';
    if (fault !== undefined) this.#onEvent({ kind: 'fault', fault });
    switch (fault?.kind) {
      case 'drop':
        return;
      case 'delay':
        this.#cancelDelay = this.#clock.after(fault.ms, () => this.#send(payload));
        return;
      case 'corrupt':
        this.#send(corrupted(payload, fault));
        return;
      case undefined:
        this.#send(payload);
    }
  }

  /** Bytes that a caller chose himself are sent as they are. */
  #faultFor(request: HostRequest | undefined): Fault | undefined {
    if (request === undefined) return this.faults.take('negotiate', 'host');
    if (request.kind === 'raw') return undefined;
    return this.faults.take(faultTarget(request.message.operation), this.#inFlight?.sender ?? 'host');
  }

  #send(payload: Uint8Array): void {
    this.#unsent.push(payload);
    try {
      this.#flush();
    } catch (error) {
      if (!(error instanceof KvpError)) throw error;
      this.#unsent.length = 0;
      // Not from within `play`: the machine's outputs are still being told.
      queueMicrotask(() => this.#play(this.#machine.fail(error)));
    }
  }

  #flush(): void {
    for (let [payload] = this.#unsent; payload !== undefined; [payload] = this.#unsent) {
      if (this.#channel === undefined || this.#channel.end.send(payload).kind === 'full') return;
      this.#unsent.shift();
      this.#tap?.({ direction: 'host-to-guest', at: this.#clock.now(), payload });
    }
  }

  #rejectQueue(): void {
    if (this.#queue.length === 0) return;
    const error = new KvpError('ERR_HOST_INTERRUPTED', { detail: `the channel is ${this.#machine.state.name}` });
    for (const { reject } of this.#queue.splice(0)) reject(error);
  }

  #armTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const { deadline } = this.#machine;
    if (deadline === undefined) return;
    const wait = Math.max(0, deadline - this.#clock.now());
    this.#cancelTimer = this.#clock.after(wait, () => this.#play(this.#machine.tick(this.#clock.now())));
  }

  #release(): void {
    this.#channel?.unsubscribe();
    this.#channel = undefined;
    this.#unsent.length = 0;
    this.#cancelDelay?.();
    this.#cancelTurn?.();
    this.#cancelTurn = undefined;
  }
}
