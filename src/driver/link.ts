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
  /** A packet was longer than the reader takes; it is skipped and the ring is still good. */
  tooLarge(bytes: number): void;
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
    while (this.#channel !== undefined) {
      try {
        return this.#channel.receive(1)[0];
      } catch (error) {
        this.#caught(error);
      }
    }
    return undefined;
  }

  #send({ payload, transactionLow, transactionHigh }: Answer): SendResult | undefined {
    try {
      return this.#channel?.send(payload, { transactionLow, transactionHigh });
    } catch (error) {
      this.#caught(error);
      return undefined;
    }
  }

  /** A packet that is too large was skipped by the ring; after anything else the ring says nothing that can be used. */
  #caught(error: unknown): void {
    if (!(error instanceof KvpError)) throw error;
    if (error.code === 'ERR_RING_PACKET_TOO_LARGE') {
      this.#listener.tooLarge(Number(error.actual));
      return;
    }
    this.detach();
    this.#listener.failed(error);
  }
}
