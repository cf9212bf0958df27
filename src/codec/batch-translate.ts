/** Translation of many messages in one engine call, in slots of engine memory that remember how far they are dirty. */
import type { Engine } from '../engine/engine.js';
import { recordFault } from '../engine/faults.js';
import type { Region } from '../engine/memory.js';
import { type KvpError, MisuseError } from '../errors.js';
import { DAEMON_MESSAGE_BYTES } from '../wire/daemon-message.js';
import {
  TRANSLATE_ANSWER,
  TRANSLATE_OFFSET,
  TRANSLATE_RECORD_BYTES,
  TRANSLATE_SOURCE,
  TRANSLATE_SOURCE_BYTES,
  TRANSLATE_STATUS,
  TRANSLATE_TARGET,
} from '../wire/engine.js';

export const MAX_BATCH_MESSAGES = 4096;
const SLOT_ALIGNMENT = 64;
const align = (bytes: number): number => Math.ceil((bytes + 1) / SLOT_ALIGNMENT) * SLOT_ALIGNMENT;
const DAEMON_SLOT_BYTES = align(DAEMON_MESSAGE_BYTES);

export interface BatchTranslation {
  readonly count: number;
  /** The results, in order; views of engine memory that stay good until the codec's next batch call. */
  readonly messages: Uint8Array[];
  /** By position: why a message could not be translated; its result is empty then. */
  readonly faults: ReadonlyMap<number, KvpError>;
}

export class BatchTranslator {
  readonly #engine: Engine;
  /** Slots of daemon messages; their records keep the dirty words from call to call. */
  #slots: { records: Region; messages: Region; capacity: number } | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  hostToDaemon(payloads: readonly Uint8Array[], messageBytes: number): BatchTranslation {
    const count = checkedCount(payloads);
    const { records, messages } = this.#daemonSlots(count);
    const sources = this.#load(payloads);
    for (let i = 0; i < count; i++) {
      const record = records.address + i * TRANSLATE_RECORD_BYTES;
      this.#set(record, TRANSLATE_SOURCE, sources.region.address + i * sources.stride);
      this.#set(record, TRANSLATE_SOURCE_BYTES, payloads[i]!.length);
      this.#set(record, TRANSLATE_TARGET, messages.address + i * DAEMON_SLOT_BYTES);
    }
    this.#engine.hostToDaemon(records.address, count, messageBytes);
    sources.region.free();
    return this.#collect(records.address, count, () => messageBytes);
  }

  daemonToHost(requests: readonly Uint8Array[], answers: readonly Uint8Array[], bytes: number): BatchTranslation {
    const count = checkedCount(requests);
    if (answers.length !== count || answers.some((answer) => answer.length < bytes)) {
      throw new MisuseError(`${count} requests need as many answers of ${bytes} bytes`);
    }
    const sources = this.#load(requests);
    const replies = this.#load(answers);
    const targets = this.#engine.memory.allocate(count * sources.stride);
    const records = this.#engine.memory.allocate(count * TRANSLATE_RECORD_BYTES);
    try {
      for (let i = 0; i < count; i++) {
        const record = records.address + i * TRANSLATE_RECORD_BYTES;
        this.#set(record, TRANSLATE_SOURCE, sources.region.address + i * sources.stride);
        this.#set(record, TRANSLATE_SOURCE_BYTES, requests[i]!.length);
        this.#set(record, TRANSLATE_ANSWER, replies.region.address + i * replies.stride);
        this.#set(record, TRANSLATE_TARGET, targets.address + i * sources.stride);
      }
      this.#engine.daemonToHost(records.address, count);
      return this.#collect(records.address, count, (i) => requests[i]!.length);
    } finally {
      for (const region of [sources.region, replies.region, targets, records]) region.free();
    }
  }

  #daemonSlots(count: number): { records: Region; messages: Region } {
    if (this.#slots === undefined || this.#slots.capacity < count) {
      this.#slots?.records.free();
      this.#slots?.messages.free();
      this.#slots = undefined;
      const { memory } = this.#engine;
      const messages = memory.allocate(count * DAEMON_SLOT_BYTES);
      this.#slots = { messages, records: memory.allocate(count * TRANSLATE_RECORD_BYTES), capacity: count };
    }
    return this.#slots;
  }

  #load(payloads: readonly Uint8Array[]): { region: Region; stride: number } {
    const stride = align(payloads.reduce((longest, payload) => Math.max(longest, payload.length), 0));
    const region = this.#engine.memory.allocate(payloads.length * stride);
    for (const [i, payload] of payloads.entries()) this.#engine.memory.u8.set(payload, region.address + i * stride);
    return { region, stride };
  }

  #collect(records: number, count: number, bytesOf: (i: number) => number): BatchTranslation {
    const { u8 } = this.#engine.memory;
    const messages: Uint8Array[] = [];
    const faults = new Map<number, KvpError>();
    for (let i = 0; i < count; i++) {
      const record = records + i * TRANSLATE_RECORD_BYTES;
      const status = this.#get(record, TRANSLATE_STATUS);
      const target = this.#get(record, TRANSLATE_TARGET);
      if (status < 0) faults.set(i, recordFault(status, this.#get(record, TRANSLATE_OFFSET)));
      messages.push(u8.subarray(target, target + (status < 0 ? 0 : bytesOf(i))));
    }
    return { count, messages, faults };
  }

  #set(record: number, field: number, value: number): void {
    this.#engine.memory.i32[(record + field) >> 2] = value;
  }

  #get(record: number, field: number): number {
    return this.#engine.memory.i32[(record + field) >> 2]!;
  }
}

function checkedCount(payloads: readonly Uint8Array[]): number {
  if (payloads.length === 0 || payloads.length > MAX_BATCH_MESSAGES) {
    throw new MisuseError(`a batch has 1 to ${MAX_BATCH_MESSAGES} messages, not ${payloads.length}`);
  }
  return payloads.length;
}
