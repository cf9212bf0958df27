/**
 * Between the ring and the state machine: what comes in becomes requests, and everything that the driver answers
 * without a daemon (negotiation, refusals, failures) is answered here.
 */
import type { ChannelEnd, Packet } from '../channel/end.js';
import { Status } from '../wire/status.js';
import { type Admission, admit } from './admit.js';
import type { AnswerReason, DriverEvent } from './events.js';
import { Link } from './link.js';
import type { Request } from './state.js';
import { refusal, statusOf, type Translator } from './translate.js';

export interface IntakeOptions {
  translator: Translator;
  /** When a request that is taken now must be answered. */
  deadline: () => number;
  doorbell: () => void;
  emit: (event: DriverEvent) => void;
}

type Addressee = Pick<Request, 'operation' | 'pool' | 'transactionLow' | 'transactionHigh'>;

export class Intake {
  readonly #translator: Translator;
  readonly #deadline: () => number;
  readonly #emit: (event: DriverEvent) => void;
  readonly #link: Link;

  constructor({ translator, deadline, doorbell, emit }: IntakeOptions) {
    this.#translator = translator;
    this.#deadline = deadline;
    this.#emit = emit;
    this.#link = new Link({ doorbell, failed: (error) => emit({ what: 'channel-failed', error }) });
  }

  attach(channel: ChannelEnd): void {
    this.#link.attach(channel);
  }

  /** Answers that were not sent are lost with the channel. */
  detach(): void {
    this.#link.detach();
  }

  /** Sends what is due; false while the ring is full. */
  flush(): boolean {
    return this.#link.flush();
  }

  /**
   * The next request of the ring. On the way to it, negotiations and packets that are no good are answered. Undefined
   * when the ring is empty, or when answers find it full: then nothing more may be taken out of it.
   */
  next(): Request | undefined {
    while (this.#link.flush()) {
      const packet = this.#link.take();
      if (packet === undefined) return undefined;
      const request = this.#admit(packet);
      if (request !== undefined) return request;
    }
    return undefined;
  }

  /** Queues the daemon's answer. */
  answer(to: Addressee, response: Uint8Array, reason: AnswerReason): void {
    this.#link.post(response, to);
    const { operation, pool, transactionLow: transaction } = to;
    this.#emit({ what: 'answer', operation, pool, transaction, status: statusOf(response), reason });
  }

  /** Queues the answer 0x80004005 with the request's own body. */
  fail(request: Request, reason: AnswerReason): void {
    this.answer(request, refusal(request.payload, Status.Fail), reason);
  }

  #admit(packet: Packet): Request | undefined {
    const { payload } = packet;
    const admission = admit(payload, packet.type);
    switch (admission.kind) {
      case 'dropped':
        this.#emit({ what: 'dropped', reason: admission.reason, bytes: payload.length });
        return undefined;
      case 'negotiate':
        this.#negotiate(packet);
        return undefined;
      case 'refused':
        this.#refuse(packet, admission);
        return undefined;
      default:
        return this.#translate(packet, admission);
    }
  }

  #negotiate(packet: Packet): void {
    const { response, agreed } = this.#translator.negotiate(packet.payload);
    this.#link.post(response, packet);
    this.#emit({ what: 'negotiated', agreed });
  }

  #translate(packet: Packet, admission: Admission & { kind: 'request' }): Request | undefined {
    const message = this.#translator.toDaemon(packet.payload, admission.operation);
    if (message === undefined) {
      this.#refuse(packet, { ...admission, status: Status.InvalidArgument, reason: 'untranslatable' });
      return undefined;
    }
    return {
      // Not slice(): a Buffer's would still be the ring's bytes.
      payload: new Uint8Array(packet.payload),
      transactionLow: packet.transactionLow,
      transactionHigh: packet.transactionHigh,
      operation: admission.operation,
      pool: admission.pool,
      message,
      deadline: this.#deadline(),
    };
  }

  #refuse(
    { payload, transactionLow, transactionHigh }: Packet,
    { operation, pool, status, reason }: Omit<Admission & { kind: 'refused' }, 'kind'>,
  ): void {
    this.answer({ operation, pool, transactionLow, transactionHigh }, refusal(payload, status), reason);
  }
}
