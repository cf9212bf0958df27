/** A device whose every call a test decides. */
import type { DeviceClient, DeviceFile } from 'hv-kvp/device';

export type Read = Uint8Array | Error | 'sleep';

export class ScriptedDevice implements DeviceClient {
  readonly name = 'scripted';
  /** What open gives, one after the other; then it succeeds. */
  opens: (Error | 'ok')[] = [];
  /** What reads give, across openings; then they sleep. */
  reads: Read[] = [];
  /** What writes give: an error, or the number of bytes; then all bytes. */
  writeOutcomes: (Error | number | 'all')[] = [];
  readonly writes: Uint8Array[] = [];
  opened = 0;
  closed = 0;
  readonly #awaiting: { count: number; reached: () => void }[] = [];

  /** Resolves once so many messages were written. */
  writesReach(count: number): Promise<void> {
    return new Promise((reached) => {
      this.#awaiting.push({ count, reached });
      this.#tell();
    });
  }

  #tell(): void {
    for (const { count, reached } of this.#awaiting) if (this.writes.length >= count) reached();
  }

  async open(): Promise<DeviceFile> {
    this.opened++;
    const outcome = this.opens.shift() ?? 'ok';
    if (outcome !== 'ok') throw outcome;
    let reject: (error: Error) => void = () => {};
    return {
      read: async (into) => {
        const next = this.reads.shift() ?? 'sleep';
        if (next instanceof Error) throw next;
        if (next === 'sleep') return new Promise<number>((_resolve, no) => (reject = no));
        into.set(next.subarray(0, into.length));
        return Math.min(next.length, into.length);
      },
      write: async (message) => {
        const outcome = this.writeOutcomes.shift() ?? 'all';
        if (outcome instanceof Error) throw outcome;
        this.writes.push(message.slice());
        this.#tell();
        return outcome === 'all' ? message.length : outcome;
      },
      close: async () => {
        this.closed++;
        reject(new Error('EBADF'));
      },
    };
  }
}
