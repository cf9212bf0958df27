/** The session's hold on its channel end: one packet in at a time, answers out in order, and what to do when it breaks. */
import type { ChannelEnd, Packet, SendResult } from '../channel/end.js';
import { KvpError } from '../errors.js';

interface Answer {
  payload: Uint8Array;
  transactionLow: number;
  transactionHigh: number;
}

export interface LinkListener {
  doorbell(): void;
  /** Nothing more is read or written until `attach`. */
  failed(error: KvpError): void;
}

export class Link {
  readonly #listener: LinkListener;
  /** Answers that found the ring full. Short: nothing is taken in while one waits here. */
  readonly #outbox: Answer[] = [];
  #channel: ChannelEnd | undefined;
  #unsubscribe: () => void = () => {};

  constructor(listener: LinkListener) {
    this.#listener = listener;
  }

  attach(channel: ChannelEnd): void {
    this.detach();
    this.#channel = channel;
    this.#unsubscribe = channel.onDoorbell(() => this.#listener.doorbell());
  }

  /** Answers that were not sent are lost with the channel. */
  detach(): void {
    this.#unsubscribe();
    this.#unsubscribe = () => {};
    this.#channel = undefined;
    this.#outbox.length = 0;
  }

  /** Queues an answer; `flush` sends it. The payload is kept until then. */
  post(payload: Uint8Array, { transactionLow, transactionHigh }: Omit<Answer, 'payload'>): void {
    if (this.#channel !== undefined) this.#outbox.push({ payload, transactionLow, transactionHigh });
  }

  /** Sends what is queued; false while the ring has no room, which the peer's next doorbell ends. */
  flush(): boolean {
    while (this.#channel !== undefined && this.#outbox.length > 0) {
      if (this.#send(this.#outbox[0]!)?.kind === 'full') return false;
      this.#outbox.shift();
    }
    return true;
  }

  /** The next packet, valid until the following call; undefined when there is none. */
  take(): Packet | undefined {
    return this.#guarded((channel) => channel.receive(1)[0]);
  }

  #send({ payload, transactionLow, transactionHigh }: Answer): SendResult | undefined {
    return this.#guarded((channel) => channel.send(payload, { transactionLow, transactionHigh }));
  }

  /** After an error the ring says nothing that can be used. */
  #guarded<T>(work: (channel: ChannelEnd) => T): T | undefined {
    if (this.#channel === undefined) return undefined;
    try {
      return work(this.#channel);
    } catch (error) {
      if (!(error instanceof KvpError)) throw error;
      this.detach();
      this.#listener.failed(error);
      return undefined;
    }
  }
}
