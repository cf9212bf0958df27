/**
 * Serves the device: opens it, registers, then reads, answers and writes one message after the other. A failed read or
 * write closes the device; it is opened and registered again, with back-off (protocol.md 5.1).
 */

import type { Clock } from '../clock.js';
import { answerStatus, decodeUtf8, encodeRegistration } from '../codec/index.js';
import type { DeviceClient, DeviceFile } from '../device/port.js';
import { KvpError } from '../errors.js';
import {
  DAEMON_OPERATION,
  DAEMON_POOL,
  DAEMON_VERSION,
  DAEMON_VERSION_BYTES,
  OPERATION_REGISTER1,
} from '../wire/daemon-message.js';
import { Status } from '../wire/status.js';
import { type Answer, writeAnswer } from './answer.js';
import { Backoff } from './backoff.js';
import { answerRequest, type Ports } from './dispatch.js';
import type { Logger } from './log.js';
import type { Profile } from './profile.js';
import { type Request, readRequest } from './request.js';
import { describeAnswer, describeRequest } from './request-log.js';
import { sleep } from './sleep.js';

export interface DeviceLoopOptions extends Ports {
  device: DeviceClient;
  profile: Profile;
  clock: Clock;
  logger: Logger;
  /** Log every request with its values, at debug level. */
  logRequests: boolean;
  /**
   * Keep trying when the device cannot be opened at first. Otherwise `done` rejects, as the stock daemon exits. What is no
   * device (ERR_DEVICE_KIND) ends the daemon in any case.
   */
  waitForDevice: boolean;
  /** Milliseconds that a request may run on after `stop`. */
  stopWithinMs: number;
}

const NEVER = new AbortController().signal;

export class DeviceLoop {
  readonly registered: Promise<void>;
  readonly done: Promise<void>;
  /** A request has been read and its answer is not written yet. */
  busy = false;

  readonly #options: DeviceLoopOptions;
  readonly #stop = new AbortController();
  readonly #backoff = new Backoff();
  #file: DeviceFile | undefined;
  #hasRegistered: () => void = () => {};

  constructor(options: DeviceLoopOptions) {
    this.#options = options;
    let failed: (error: unknown) => void = () => {};
    this.registered = new Promise((resolve, reject) => {
      this.#hasRegistered = resolve;
      failed = reject;
    });
    this.done = this.#run();
    // A daemon that ended before it registered never will.
    this.done.then(() => failed(new KvpError('ERR_DEVICE', { detail: 'stopped before registration' })), failed);
    // Both promises tell of the same failure; a caller may wait for either.
    this.registered.catch(() => {});
    this.done.catch(() => {});
  }

  /** Ends the loop: at once while it waits for a request, else after the answer or after `stopWithinMs`. */
  stop(): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    if (!this.busy) void this.#close();
    else {
      const cancel = this.#options.clock.after(this.#options.stopWithinMs, () => void this.#close());
      void this.done.finally(cancel).catch(() => {});
    }
  }

  async #run(): Promise<void> {
    const { clock, device, logger } = this.#options;
    let registeredOnce = false;
    while (!this.#stop.signal.aborted) {
      await sleep(clock, this.#backoff.next(), this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      try {
        this.#file = await device.open();
        await this.#register(this.#file);
        if (!registeredOnce) logger.info({ device: device.name }, 'registered');
        else logger.info({ device: device.name }, 'registered again');
        registeredOnce = true;
        this.#hasRegistered();
        await this.#serve(this.#file);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (!registeredOnce && this.#isFinal(error)) throw error;
        logger.warn({ device: device.name, error: textOf(error) }, 'the device failed; opening it again');
      } finally {
        await this.#close();
      }
    }
  }

  /** Before the first registration: a path that cannot become a device by waiting is a mistake. */
  #isFinal(error: unknown): boolean {
    if (error instanceof KvpError && error.code === 'ERR_DEVICE_KIND') return true;
    return this.#file === undefined && !this.#options.waitForDevice;
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    try {
      await file?.close();
    } catch (error) {
      this.#options.logger.debug({ error: textOf(error) }, 'closing the device failed');
    }
  }

  async #register(file: DeviceFile): Promise<void> {
    const { profile, intrinsics } = this.#options;
    const message = encodeRegistration({ dialect: profile.name });
    await writeWhole(file, message);
    if (!profile.registrationIsAnswered) return;
    await readWhole(file, message);
    if (message[DAEMON_OPERATION] !== OPERATION_REGISTER1) {
      throw new KvpError('ERR_DEVICE', {
        detail: 'the registration was not answered',
        expected: OPERATION_REGISTER1,
        actual: message[DAEMON_OPERATION]!,
      });
    }
    // Shown to the host as it is; a driver that garbles it is no reason not to serve.
    const version = message.subarray(DAEMON_VERSION, DAEMON_VERSION + DAEMON_VERSION_BYTES);
    intrinsics.driverVersion?.(decodeUtf8(version, 'replace'));
  }

  async #serve(file: DeviceFile): Promise<void> {
    let message = new Uint8Array(this.#options.profile.messageBytes);
    while (!this.#stop.signal.aborted) {
      await readWhole(file, message);
      this.busy = true;
      try {
        if (!(await this.#answer(message))) {
          // The work that was given up may still read its key and value there.
          message = message.slice();
          answerStatus(message, Status.Fail);
        }
        if (this.#file !== file) return;
        await writeWhole(file, message);
        this.#backoff.reset();
      } finally {
        this.busy = false;
      }
    }
  }

  /** Turns the request in `message` into its answer; false when the deadline came first and `message` is untouched. */
  async #answer(message: Uint8Array): Promise<boolean> {
    const { clock, logger, profile } = this.#options;
    const started = clock.now();
    const request = readRequest(message, profile);
    const operation = message[DAEMON_OPERATION]!;
    const pool = message[DAEMON_POOL]!;
    const about = () => ({ operation, pool, ...describeRequest(request) });
    if (request.kind === 'refused') logger.warn(about(), 'refused a request');
    const answer = await this.#decideWithin(profile.deadlineMs, request, about);
    if (answer === 'late') return false;
    if (this.#options.logRequests) {
      logger.debug({ ...about(), ...describeAnswer(request, answer), ms: clock.now() - started }, 'answered a request');
    }
    try {
      writeAnswer(message, answer);
    } catch (error) {
      logger.error({ ...about(), error: textOf(error) }, 'an answer does not fit its message');
      answerStatus(message, Status.Fail);
    }
    return true;
  }

  #decideWithin(ms: number, request: Request, about: () => object): Promise<Answer | 'late'> {
    const { clock, logger, profile } = this.#options;
    // Nothing else can be aborted, and a signal costs more than most requests.
    const abort = request.kind === 'set-ip' ? new AbortController() : undefined;
    return new Promise((resolve) => {
      let late = false;
      const cancel = clock.after(ms, () => {
        late = true;
        logger.error({ ...about(), deadlineMs: ms }, 'a request took too long; answered it as failed');
        resolve('late');
        abort?.abort();
      });
      const onError = (error: unknown) =>
        logger.error({ ...about(), error: textOf(error) }, late ? 'late work failed' : 'a request failed');
      void answerRequest(request, this.#options, profile, abort?.signal ?? NEVER, onError).then((answer) => {
        cancel();
        if (late) logger.warn(about(), 'late work ended; its answer was not sent');
        resolve(answer);
      });
    });
  }
}

async function readWhole(file: DeviceFile, message: Uint8Array): Promise<void> {
  const bytes = await file.read(message);
  if (bytes === 0) throw new KvpError('ERR_DEVICE_KIND', { detail: 'it has an end', actual: 'a read of 0 bytes' });
  if (bytes !== message.length)
    throw new KvpError('ERR_DEVICE', { detail: 'short read', expected: message.length, actual: bytes });
}

async function writeWhole(file: DeviceFile, message: Uint8Array): Promise<void> {
  const bytes = await file.write(message);
  if (bytes !== message.length)
    throw new KvpError('ERR_DEVICE', { detail: 'short write', expected: message.length, actual: bytes });
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
