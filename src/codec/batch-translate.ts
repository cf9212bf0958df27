/** Translation of many messages in one engine call, in slots of engine memory that remember how far they are dirty. */
import { requireBytes, requireList } from '../arguments.js';
import type { Engine } from '../engine/engine.js';
import { recordFault } from '../engine/faults.js';
import { Scratch } from '../engine/scratch.js';
import { KvpError, MisuseError } from '../errors.js';
import {
  CAUSE_BINARY_IP,
  TRANSLATE_ANSWER,
  TRANSLATE_OFFSET,
  TRANSLATE_RECORD_BYTES,
  TRANSLATE_SOURCE,
  TRANSLATE_SOURCE_BYTES,
  TRANSLATE_STATUS,
  TRANSLATE_TARGET,
} from '../wire/engine.js';
import { batchCount, slotStride } from './batch-limits.js';
import { BatchSlots } from './batch-slots.js';
import { answerBinaryIp, binaryIpToDaemon } from './binary-ip.js';
import { type DaemonDialect, daemonMessageBytes } from './daemon-message.js';

/** A multiple of 64 that holds a daemon message. */
const DAEMON_SLOT_BYTES = 7488;

export interface BatchTranslation {
  readonly count: number;
  /** The results, in order; views of engine memory that stay good until the codec's next batch call. */
  readonly messages: Uint8Array[];
  /** By position: why a message could not be translated; its result is empty then. */
  readonly faults: ReadonlyMap<number, KvpError>;
}

/** Where the result of message `i` comes from. */
interface Results {
  bytes(i: number): number;
  binary(i: number): Uint8Array;
}

export class BatchTranslator {
  readonly #engine: Engine;
  readonly #messages: BatchSlots;
  readonly #responses: BatchSlots;
  readonly #sources: Scratch;
  readonly #answers: Scratch;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#messages = new BatchSlots(engine.memory, TRANSLATE_RECORD_BYTES);
    this.#responses = new BatchSlots(engine.memory, TRANSLATE_RECORD_BYTES);
    this.#sources = new Scratch(engine.memory);
    this.#answers = new Scratch(engine.memory);
  }

  hostToDaemon(payloads: readonly Uint8Array[], dialect?: DaemonDialect): BatchTranslation {
    const messageBytes = daemonMessageBytes(dialect);
    const count = batchCount(payloads);
    const { records, slots, stride } = this.#messages.take(count, DAEMON_SLOT_BYTES);
    const sources = this.#load(payloads, this.#sources);
    for (let i = 0; i < count; i++) {
      const record = records + i * TRANSLATE_RECORD_BYTES;
      this.#set(record, TRANSLATE_SOURCE, sources.address + i * sources.stride);
      this.#set(record, TRANSLATE_SOURCE_BYTES, payloads[i]!.length);
      this.#set(record, TRANSLATE_TARGET, slots + i * stride);
    }
    this.#engine.hostToDaemon(records, count, messageBytes);
    return this.#collect(records, count, {
      bytes: () => messageBytes,
      binary: (i) => binaryIpToDaemon(payloads[i]!, { dialect }),
    });
  }

  daemonToHost(
    requests: readonly Uint8Array[],
    answers: readonly Uint8Array[],
    dialect?: DaemonDialect,
  ): BatchTranslation {
    const bytes = daemonMessageBytes(dialect);
    const count = batchCount(requests);
    requireList('answers', answers);
    for (const answer of answers) requireBytes('answer', answer);
    if (answers.length !== count || answers.some((answer) => answer.length < bytes)) {
      throw new MisuseError(`${count} requests need as many answers of ${bytes} bytes`);
    }
    const sources = this.#load(requests, this.#sources);
    const replies = this.#load(answers, this.#answers);
    const { records, slots, stride } = this.#responses.take(count, sources.stride);
    for (let i = 0; i < count; i++) {
      const record = records + i * TRANSLATE_RECORD_BYTES;
      this.#set(record, TRANSLATE_SOURCE, sources.address + i * sources.stride);
      this.#set(record, TRANSLATE_SOURCE_BYTES, requests[i]!.length);
      this.#set(record, TRANSLATE_ANSWER, replies.address + i * replies.stride);
      this.#set(record, TRANSLATE_TARGET, slots + i * stride);
    }
    this.#engine.daemonToHost(records, count);
    return this.#collect(records, count, {
      bytes: (i) => requests[i]!.length,
      binary: (i) => answerBinaryIp(requests[i]!, answers[i]!, { dialect }),
    });
  }

  /** Gives all memory back; the next batch gets other. */
  free(): void {
    for (const owner of [this.#messages, this.#responses, this.#sources, this.#answers]) owner.free();
  }

  #load(payloads: readonly Uint8Array[], scratch: Scratch): { address: number; stride: number } {
    const stride = slotStride(payloads);
    const address = scratch.take(payloads.length * stride);
    for (const [i, payload] of payloads.entries()) this.#engine.memory.u8.set(payload, address + i * stride);
    return { address, stride };
  }

  #collect(records: number, count: number, results: Results): BatchTranslation {
    const { u8 } = this.#engine.memory;
    const messages: Uint8Array[] = [];
    const faults = new Map<number, KvpError>();
    for (let i = 0; i < count; i++) {
      const record = records + i * TRANSLATE_RECORD_BYTES;
      const status = this.#get(record, TRANSLATE_STATUS);
      const target = this.#get(record, TRANSLATE_TARGET);
      let message = u8.subarray(target, target + (status < 0 ? 0 : results.bytes(i)));
      if (status === -CAUSE_BINARY_IP) {
        try {
          message = results.binary(i);
        } catch (error) {
          if (!(error instanceof KvpError)) throw error;
          faults.set(i, error);
        }
      } else if (status < 0) faults.set(i, recordFault(status, this.#get(record, TRANSLATE_OFFSET)));
      messages.push(message);
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
