/**
 * Between the ring and the state machine: what comes in becomes requests, and everything that the driver answers
 * without a daemon (negotiation, refusals, failures) is answered here.
 */
import type { ChannelEnd, Packet } from '../channel/end.js';
import { encodeStatusResponse } from '../codec/index.js';
import { KvpError } from '../errors.js';
import { HEADERS_BYTES } from '../wire/payload.js';
import { Status } from '../wire/status.js';
import { admit } from './admit.js';
import type { AnswerReason, DriverEvent } from './events.js';
import { Link } from './link.js';
import { refusal } from './refusal.js';
import type { Request } from './state.js';
import { statusOf, type Translator } from './translate.js';

export interface IntakeOptions {
  translator: Translator;
  /** When a request that is taken now must be answered. */
  deadline: () => number;
  doorbell: () => void;
  emit: (event: DriverEvent) => void;
}

/** Packets that are taken before others have their turn: a host that goes on sending must not hold the process. */
const PACKETS_A_TURN = 64;

type Addressee = Pick<Request, 'operation' | 'pool' | 'transactionLow' | 'transactionHigh'>;

export class Intake {
  readonly #translator: Translator;
  readonly #deadline: () => number;
  readonly #emit: (event: DriverEvent) => void;
  readonly #link: Link;
  #left = PACKETS_A_TURN;

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
   * when the ring is empty, when answers find it full, for then nothing more may be taken out of it, and when the turn
   * is over.
   */
  next(): Request | undefined {
    while (!this.turnIsOver && this.#link.flush()) {
      const packet = this.#link.take();
      if (packet === undefined) return undefined;
      this.#left--;
      const request = this.#admit(packet);
      if (request !== undefined) return request;
    }
    return undefined;
  }

  /** Nothing more is taken before `beginTurn`. */
  get turnIsOver(): boolean {
    return this.#left === 0;
  }

  beginTurn(): void {
    this.#left = PACKETS_A_TURN;
  }

  /** Queues what became of the daemon's answer. */
  answer(request: Request, written: Uint8Array, registration: number): void {
    const response = attempt(() => this.#translator.toHost(request, written, registration));
    if (response instanceof KvpError) this.fail(request, 'bad-answer', response);
    else this.#post(request, response, 'daemon');
  }

  /** Queues the answer 0x80004005 with the request's own body. */
  fail(request: Request, reason: AnswerReason, error?: KvpError): void {
    this.#post(request, encodeStatusResponse(request.payload, Status.Fail), reason, error);
  }

  #admit(packet: Packet): Request | undefined {
    const admission = admit(packet.payload, packet.type);
    switch (admission.kind) {
      case 'dropped':
        this.#emit({ what: 'dropped', reason: admission.reason, bytes: packet.payload.length });
        return undefined;
      case 'negotiate':
        this.#negotiate(packet);
        return undefined;
      case 'refused':
        this.#refuse(packet, admission.status, admission.error);
        return undefined;
      default:
        return this.#translate(packet, admission.operation, admission.pool);
    }
  }

  #negotiate(packet: Packet): void {
    const { response, agreed } = this.#translator.negotiate(packet.payload);
    this.#link.post(response, packet);
    this.#emit({ what: 'negotiated', agreed });
  }

  #translate(packet: Packet, operation: number, pool: number): Request | undefined {
    const message = attempt(() => this.#translator.toDaemon(packet.payload, operation));
    if (message instanceof KvpError) {
      this.#refuse(packet, Status.InvalidArgument, message);
      return undefined;
    }
    return {
      // Not slice(): a Buffer's would still be the ring's bytes.
      payload: new Uint8Array(packet.payload),
      transactionLow: packet.transactionLow,
      transactionHigh: packet.transactionHigh,
      operation,
      pool,
      message,
      deadline: this.#deadline(),
    };
  }

  #refuse({ payload, transactionLow, transactionHigh }: Packet, status: number, error: KvpError): void {
    const [operation = 0, pool = 0] = payload.subarray(HEADERS_BYTES);
    const to = { operation, pool, transactionLow, transactionHigh };
    this.#post(to, refusal(payload, status), 'refused', error);
  }

  #post(to: Addressee, response: Uint8Array, reason: AnswerReason, error?: KvpError): void {
    this.#link.post(response, to);
    const { operation, pool, transactionLow: transaction } = to;
    this.#emit({ what: 'answer', operation, pool, transaction, status: statusOf(response), reason, error });
  }
}

/** The result, or what was wrong with the bytes. Any other error is a bug and goes on. */
function attempt(work: () => Uint8Array): Uint8Array | KvpError {
  try {
    return work();
  } catch (error) {
    if (error instanceof KvpError) return error;
    throw error;
  }
}
