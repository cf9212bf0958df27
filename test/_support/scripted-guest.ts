/** A guest at payload level, and a channel of two queues to reach it: no ring, no driver, no daemon. */

import {
  answerNegotiation,
  decodeKvp,
  decodePayload,
  encodeKvp,
  encodePayload,
  type IpInfo,
  type KvpMessage,
  linuxPolicy,
  Status,
  type Version,
  version,
} from 'hv-kvp/codec';
import type { ChannelEnd, Packet, SendResult } from '#internal';

export interface QueueChannel {
  host: ChannelEnd;
  /** What the host has sent and nobody took yet. */
  toGuest: Uint8Array[];
  sendToHost(payload: Uint8Array): void;
  onHostPacket: () => void;
  /** While true the host finds the ring full. */
  full: boolean;
  /** Rings the host's doorbell, as a guest does that made room. */
  ring(): void;
  /** What the next `receive` throws. */
  broken?: Error;
}

export function queueChannel(): QueueChannel {
  const toHost: Uint8Array[] = [];
  const listeners = new Set<() => void>();
  const channel: QueueChannel = {
    toGuest: [],
    full: false,
    onHostPacket: () => {},
    ring: () => {
      for (const listener of listeners) listener();
    },
    sendToHost(payload) {
      toHost.push(payload.slice());
      channel.ring();
    },
    host: {
      receive(max = Number.POSITIVE_INFINITY): Packet[] {
        if (channel.broken !== undefined) throw channel.broken;
        const packet = { type: 6, flags: 0, transactionLow: 0, transactionHigh: 0 };
        return toHost.splice(0, max).map((payload) => ({ ...packet, payload }));
      },
      send(payload): SendResult {
        if (channel.full) return { kind: 'full', needed: payload.length };
        channel.toGuest.push(payload.slice());
        queueMicrotask(() => channel.onHostPacket());
        return { kind: 'sent' };
      },
      onDoorbell(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      close() {},
    },
  };
  return channel;
}

export interface ScriptedGuestOptions {
  newest?: Version;
}

/** Answers every request as a good guest; a test replaces `answer` or bends what leaves with `bend`. */
export class ScriptedGuest {
  readonly channel = queueChannel();
  readonly pools: Map<string, string>[] = Array.from({ length: 5 }, () => new Map());
  readonly ip = new Map<string, IpInfo>();
  /** Every KVP message received. */
  readonly requests: KvpMessage[] = [];
  readonly payloads: Uint8Array[] = [];
  negotiations = 0;
  /** While true packets stay in the ring. */
  deaf = false;
  /** Replaces the answer's bytes; undefined: no answer at all. */
  bend: (answer: Uint8Array, request: KvpMessage | undefined) => Uint8Array | undefined = (answer) => answer;
  /** Answers in place of everything else, whatever the payload is. */
  raw: ((payload: Uint8Array) => Uint8Array) | undefined;
  /** Replaces the status of an operation. */
  refuse: (request: KvpMessage) => number | undefined = () => undefined;
  version: Version = version(4);
  readonly #newest: Version;

  constructor({ newest = version(4) }: ScriptedGuestOptions = {}) {
    this.#newest = newest;
    this.channel.onHostPacket = () => this.serve();
  }

  serve(): void {
    while (!this.deaf) {
      const payload = this.channel.toGuest.shift();
      if (payload === undefined) return;
      this.payloads.push(payload);
      const answer = this.raw?.(payload) ?? this.#answer(payload);
      if (answer !== undefined) this.channel.sendToHost(answer);
    }
  }

  #answer(payload: Uint8Array): Uint8Array | undefined {
    const { ic, body } = decodePayload(payload);
    if (ic.type === 0) {
      this.negotiations++;
      const { response, agreed } = answerNegotiation(payload, linuxPolicy({ maxMessage: this.#newest }));
      if (agreed !== undefined) this.version = agreed.message;
      return this.bend(response, undefined);
    }
    const request = decodeKvp(body, { version: this.version });
    this.requests.push(request);
    const refused = this.refuse(request);
    const { status, message } = refused === undefined ? this.#perform(request) : { status: refused, message: request };
    const out = encodeKvp(message, { version: this.version });
    return this.bend(encodePayload({ ...ic, status, flags: 5 }, out), request);
  }

  #perform(request: KvpMessage): { status: number; message: KvpMessage } {
    if ('body' in request) return { status: Status.NotSupported, message: request };
    const pool = this.pools[request.pool] ?? new Map<string, string>();
    const ok = (message: KvpMessage) => ({ status: Status.Ok, message });
    const missing = { status: Status.NoMoreItems, message: request };
    if ('ip' in request) {
      if (request.operation === 5) {
        this.ip.set(request.ip.adapterId, request.ip);
        return ok(request);
      }
      const ip = this.ip.get(request.ip.adapterId);
      return ip === undefined ? { status: Status.Fail, message: request } : ok({ ...request, ip });
    }
    if ('index' in request) {
      const item = [...pool][request.index];
      return item === undefined ? missing : ok({ ...request, key: item[0], value: { type: 1, text: item[1] } });
    }
    if (request.operation === 1) {
      pool.set(request.key, 'text' in request.value ? request.value.text : JSON.stringify(request.value, bigintText));
      return ok(request);
    }
    if (request.operation === 2) return pool.delete(request.key) ? ok(request) : missing;
    const text = pool.get(request.key);
    return text === undefined ? missing : ok({ ...request, value: { type: 1, text } });
  }
}

const bigintText = (_key: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
