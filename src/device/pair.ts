/** The device in process: a daemon's end joined to a driver's end without any file. */
import { requireBytes } from '../arguments.js';
import { KvpError } from '../errors.js';
import {
  type DeviceClient,
  type DeviceErrno,
  type DeviceFile,
  type DeviceServer,
  type FileId,
  requireServer,
} from './port.js';

const refused = (call: string, errno: DeviceErrno) => new KvpError('ERR_DEVICE', { detail: call, actual: errno });

/** Openings are told apart by their id, also those of two clients of one server. */
let lastId: FileId = 0;

/** A read that sleeps: `retry` is true when it is done. */
interface Sleeper {
  retry(): boolean;
  fail(error: KvpError): void;
}

class PairFile implements DeviceFile {
  readonly #server: DeviceServer;
  readonly #id: FileId;
  readonly #sleepers: Sleeper[] = [];
  readonly #unsubscribe: () => void;
  #closed = false;
  #wakeDeferred = false;

  constructor(server: DeviceServer, id: FileId) {
    this.#server = server;
    this.#id = id;
    this.#unsubscribe = server.onWake(() => this.#wake());
  }

  async read(into: Uint8Array): Promise<number> {
    requireBytes('into', into);
    return new Promise((resolve, reject) => {
      const sleeper: Sleeper = {
        retry: () => {
          const outcome = this.#server.read(this.#id, into.length);
          if (outcome.kind === 'blocks') return false;
          if (outcome.kind === 'error') {
            reject(refused('read', outcome.errno));
          } else {
            into.set(outcome.message);
            resolve(outcome.message.length);
          }
          return true;
        },
        fail: reject,
      };
      if (this.#closed) reject(refused('read', 'EBADF'));
      // A reader that came earlier has the first claim on a message.
      else if (this.#sleepers.length > 0 || !sleeper.retry()) this.#sleepers.push(sleeper);
    });
  }

  async write(message: Uint8Array): Promise<number> {
    requireBytes('message', message);
    if (this.#closed) throw refused('write', 'EBADF');
    const outcome = this.#server.write(this.#id, message);
    if (outcome.kind === 'error') throw refused('write', outcome.errno);
    return outcome.bytes;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsubscribe();
    for (const sleeper of this.#sleepers.splice(0)) sleeper.fail(refused('read', 'EBADF'));
    this.#server.release(this.#id);
  }

  /** The server may wake from within its own work: look again when that is over. */
  #wake(): void {
    if (this.#wakeDeferred) return;
    this.#wakeDeferred = true;
    queueMicrotask(() => {
      this.#wakeDeferred = false;
      while (this.#sleepers[0]?.retry() === true) this.#sleepers.shift();
    });
  }
}

/**
 * A client of `server` in the same process. `open` rejects with EBUSY while another opening exists; `read` sleeps until
 * a message is there and is woken by `close` with EBADF; closing twice is harmless.
 *
 * ```ts
 * const file = await createDevicePair(session).open();
 * const message = new Uint8Array(DAEMON_MESSAGE_BYTES);
 * await file.write(encodeRegistration(OPERATION_REGISTER1));
 * await file.read(message);
 * ```
 */
export function createDevicePair(server: DeviceServer): DeviceClient {
  requireServer(server);
  return {
    name: 'in process',
    async open() {
      const id = ++lastId;
      const outcome = server.open(id);
      if (outcome !== 'ok') throw refused('open', outcome);
      return new PairFile(server, id);
    },
  };
}
