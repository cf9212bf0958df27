/** A device server that does what its script says, for tests of clients. */
import type { DeviceErrno, DeviceServer, FileId, ReadOutcome, WriteOutcome } from 'hv-kvp/device';

export class ScriptedDevice implements DeviceServer {
  readonly messages: Uint8Array[] = [];
  readonly written: Uint8Array[] = [];
  readonly released: FileId[] = [];
  holder: FileId | undefined;
  writeOutcome: WriteOutcome | undefined;
  readErrno: DeviceErrno | undefined;
  readonly #wakes = new Set<() => void>();

  get wakeListeners(): number {
    return this.#wakes.size;
  }
  open(file: FileId): DeviceErrno | 'ok' {
    if (this.holder !== undefined) return 'EBUSY';
    this.holder = file;
    return 'ok';
  }
  read(file: FileId, size: number): ReadOutcome {
    if (file !== this.holder) return { kind: 'error', errno: 'EBADF' };
    if (this.readErrno !== undefined) return { kind: 'error', errno: this.readErrno };
    const message = this.messages[0];
    if (message === undefined) return { kind: 'blocks' };
    if (size < message.length) return { kind: 'error', errno: 'EINVAL' };
    this.messages.shift();
    return { kind: 'message', message };
  }
  write(file: FileId, message: Uint8Array): WriteOutcome {
    if (file !== this.holder) return { kind: 'error', errno: 'EBADF' };
    if (this.writeOutcome !== undefined) return this.writeOutcome;
    this.written.push(new Uint8Array(message));
    return { kind: 'written', bytes: message.length };
  }
  poll(): number {
    return 0;
  }
  release(file: FileId): void {
    this.released.push(file);
    if (file === this.holder) this.holder = undefined;
  }
  onWake(listener: () => void): () => void {
    this.#wakes.add(listener);
    return () => this.#wakes.delete(listener);
  }
  /** Queues a message and wakes, as a driver does. */
  offer(...messages: Uint8Array[]): void {
    this.messages.push(...messages);
    this.wake();
  }
  wake(): void {
    for (const listener of [...this.#wakes]) listener();
  }
}
