/** The codec object over an engine that somebody else chose: src/codec/codec.ts or src/codec/js.ts. */
import { optionsOf, requireBytes } from '../arguments.js';
import type { Engine } from '../engine/engine.js';
import { faultOf } from '../engine/faults.js';
import type { Region } from '../engine/memory.js';
import { KvpError } from '../errors.js';
import { DAEMON_MESSAGE_BYTES } from '../wire/daemon-message.js';
import {
  CAUSE_BINARY_IP,
  TRANSLATE_ANSWER,
  TRANSLATE_RECORD_BYTES,
  TRANSLATE_SOURCE,
  TRANSLATE_SOURCE_BYTES,
  TRANSLATE_STATUS,
  TRANSLATE_TARGET,
} from '../wire/engine.js';
import { PIPE_MAX_PAYLOAD_BYTES } from '../wire/payload.js';
import { BatchDecoder } from './batch-decode.js';
import { BatchEncoder, type EncodeBatchOptions, type EncodeItem } from './batch-encode.js';
import { requirePayload } from './batch-limits.js';
import { type BatchTranslation, BatchTranslator } from './batch-translate.js';
import { answerBinaryIp, binaryIpToDaemon } from './binary-ip.js';
import { outputRoom } from './bytes.js';
import { type DaemonDialect as Dialect, daemonMessageBytes } from './daemon-message.js';
import type { DecodedBatch } from './decoded-batch.js';

export interface TranslateOptions {
  /** Size of the daemon message: `linux` 7,432 (default) or `freebsd` 7,430 bytes. */
  dialect?: Dialect;
  /** Caller-owned output, at least as long as the result; every byte of the result is written, no other. */
  into?: Uint8Array;
}

/**
 * A codec: translation and batches over one engine. Not re-entrant, holds no state between calls that a caller could
 * see; an error leaves it as good as new.
 *
 * @example
 * const codec = createCodec();
 * const request = codec.hostToDaemon(packet.payload);          // 7,432 bytes for the daemon
 * const response = codec.daemonToHost(packet.payload, answer); // as long as the request
 */
export interface Codec {
  readonly engine: Engine;
  /**
   * Host payload → daemon message (protocol.md 3.9, 4.1). Operation and pool are forwarded whatever they are; GET
   * asks for a value of 2,048 bytes. Text stops at its NUL and at the field's limit; lone surrogates are dropped. No
   * byte of an earlier message is in the result.
   *
   * @throws KvpError ERR_CODEC_SHORT when the payload ends before what its operation needs; for message version 5.0
   *   also what {@link ipBinaryToDaemon} throws.
   */
  hostToDaemon(payload: Uint8Array, options?: TranslateOptions): Uint8Array;
  /**
   * Request and daemon answer → response payload of the request's length, with status and flags 5. A status other than 0,
   * text that is not UTF-8 (E_FAIL) and a request too short for the answer (E_FAIL) echo the request's body.
   *
   * @throws KvpError ERR_CODEC_SHORT when the request has no KVP message or the answer is shorter than the dialect's.
   */
  daemonToHost(request: Uint8Array, answer: Uint8Array, options?: TranslateOptions): Uint8Array;
  /** {@link Codec.hostToDaemon} for 1 to 4,096 payloads in one engine call. */
  hostToDaemonBatch(payloads: readonly Uint8Array[], options?: { dialect?: Dialect }): BatchTranslation;
  /** {@link Codec.daemonToHost} for 1 to 4,096 pairs in one engine call. */
  daemonToHostBatch(
    requests: readonly Uint8Array[],
    answers: readonly Uint8Array[],
    options?: { dialect?: Dialect },
  ): BatchTranslation;
  /** Decodes 1 to 4,096 payloads with operations 0 to 3: the texts of one by itself, those of many in one engine call. */
  decodeBatch(payloads: readonly Uint8Array[]): DecodedBatch;
  /**
   * Encodes requests of operations 0 to 3 as payloads of 2,608 bytes: views to read from that stay good until the next
   * call. Whoever writes into one finds what was written in later payloads.
   */
  encodeBatch(items: readonly EncodeItem[], options?: EncodeBatchOptions): Uint8Array[];
}

export class EngineCodec implements Codec {
  readonly engine: Engine;
  readonly #source: Region;
  readonly #answer: Region;
  readonly #target: Region;
  readonly #response: Region;
  /** One translation record for each direction: their dirty words belong to #target and to #response. */
  readonly #record: Region;
  readonly #answerRecord: Region;
  readonly #batches: BatchTranslator;
  readonly #decoder: BatchDecoder;
  readonly #encoder: BatchEncoder;

  constructor(engine: Engine) {
    this.engine = engine;
    [this.#source, this.#answer, this.#target, this.#response, this.#record, this.#answerRecord] =
      engine.memory.allocateAll([
        PIPE_MAX_PAYLOAD_BYTES,
        DAEMON_MESSAGE_BYTES,
        DAEMON_MESSAGE_BYTES,
        PIPE_MAX_PAYLOAD_BYTES,
        TRANSLATE_RECORD_BYTES,
        TRANSLATE_RECORD_BYTES,
      ]);
    this.#batches = new BatchTranslator(engine);
    this.#decoder = new BatchDecoder(engine);
    this.#encoder = new BatchEncoder(engine);
  }

  hostToDaemon(payload: Uint8Array, options: TranslateOptions = {}): Uint8Array {
    const { dialect, into } = optionsOf(options);
    const { u8 } = this.engine.memory;
    const bytes = daemonMessageBytes(dialect);
    const record = this.#record.address;
    this.#put(record, payload);
    this.#set(record + TRANSLATE_TARGET, this.#target.address);
    if (this.engine.hostToDaemon(record, 1, bytes) === 0) {
      const status = this.#get(record + TRANSLATE_STATUS);
      if (status !== -CAUSE_BINARY_IP) throw faultOf(this.engine.memory, status);
      return binaryIpToDaemon(payload, { dialect, into });
    }
    const message = u8.subarray(this.#target.address, this.#target.address + bytes);
    return copyOut(message, into);
  }

  daemonToHost(request: Uint8Array, answer: Uint8Array, options: TranslateOptions = {}): Uint8Array {
    const { dialect, into } = optionsOf(options);
    const bytes = daemonMessageBytes(dialect);
    requireBytes('answer', answer);
    if (answer.length < bytes) throw new KvpError('ERR_CODEC_SHORT', { expected: bytes, actual: answer.length });
    const record = this.#answerRecord.address;
    this.#put(record, request);
    this.#answer.view.set(answer.length > bytes ? answer.subarray(0, bytes) : answer);
    this.#set(record + TRANSLATE_ANSWER, this.#answer.address);
    this.#set(record + TRANSLATE_TARGET, this.#response.address);
    if (this.engine.daemonToHost(record, 1) === 0) {
      const status = this.#get(record + TRANSLATE_STATUS);
      if (status !== -CAUSE_BINARY_IP) throw faultOf(this.engine.memory, status);
      return answerBinaryIp(request, answer, { dialect, into });
    }
    return copyOut(this.#response.view.subarray(0, request.length), into);
  }

  hostToDaemonBatch(payloads: readonly Uint8Array[], options: { dialect?: Dialect } = {}): BatchTranslation {
    const { dialect } = optionsOf(options);
    return this.#withRoom((inputs) => this.#batches.hostToDaemon(inputs, dialect), payloads);
  }

  daemonToHostBatch(
    requests: readonly Uint8Array[],
    answers: readonly Uint8Array[],
    options: { dialect?: Dialect } = {},
  ): BatchTranslation {
    const { dialect } = optionsOf(options);
    return this.#withRoom((...inputs) => this.#batches.daemonToHost(...inputs, dialect), requests, answers);
  }

  decodeBatch(payloads: readonly Uint8Array[]): DecodedBatch {
    return this.#withRoom((inputs) => this.#decoder.decode(inputs), payloads);
  }

  encodeBatch(items: readonly EncodeItem[], options: EncodeBatchOptions = {}): Uint8Array[] {
    return this.#withRoom(() => this.#encoder.encode(items, options));
  }

  /**
   * Runs a batch. When there is no room for it, everything that earlier batches hold is given back, and it runs once
   * more: a batch that fits at all does so whatever came before. Inputs that lie in engine memory, which is cleared
   * then, are copied first.
   */
  #withRoom<Result, Inputs extends (readonly Uint8Array[])[]>(
    run: (...inputs: Inputs) => Result,
    ...inputs: Inputs
  ): Result {
    try {
      return run(...inputs);
    } catch (error) {
      if (!(error instanceof KvpError) || error.code !== 'ERR_ENGINE_MEMORY') throw error;
      const { buffer } = this.engine.memory;
      const safe = inputs.map((list) => list.map((bytes) => (bytes.buffer === buffer ? new Uint8Array(bytes) : bytes)));
      for (const owner of [this.#batches, this.#decoder, this.#encoder]) owner.free();
      return run(...(safe as unknown as Inputs));
    }
  }

  #put(record: number, payload: Uint8Array): void {
    requirePayload(payload);
    this.#source.view.set(payload);
    this.#set(record + TRANSLATE_SOURCE, this.#source.address);
    this.#set(record + TRANSLATE_SOURCE_BYTES, payload.length);
  }

  #set(address: number, value: number): void {
    this.engine.memory.i32[address >> 2] = value;
  }

  #get(address: number): number {
    return this.engine.memory.i32[address >> 2]!;
  }
}

function copyOut(result: Uint8Array, into: Uint8Array | undefined): Uint8Array {
  if (into === undefined) return result.slice();
  const output = outputRoom(result.length, into);
  output.set(result);
  return output;
}
