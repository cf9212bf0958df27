/** Lines for a reader that may be slow: what waits for it has a bound, and what did not fit is counted and said. */
import type { Writable } from 'node:stream';

export interface BoundedLinesOptions {
  stream: Writable;
  /** Bytes that may wait for the reader. */
  maxBytes: number;
  /** The line that stands where `lost` lines are missing. */
  gap: (lost: number) => string;
}

export class BoundedLines {
  /** Lines that were left out since the start. */
  lost = 0;
  readonly #options: BoundedLinesOptions;
  /** Of them, those that no gap line tells of yet. */
  #untold = 0;

  constructor(options: BoundedLinesOptions) {
    this.#options = options;
    options.stream.on('drain', () => this.#tell());
  }

  write(line: string): void {
    const { stream, maxBytes } = this.#options;
    // Once lines were left out, none is taken before the reader has caught up: there is one gap, not one every few lines.
    if (this.#untold > 0 || stream.writableLength + line.length > maxBytes) {
      this.#untold++;
      this.lost++;
    } else stream.write(`${line}\n`);
  }

  /** Call it before the stream is ended. */
  end(): void {
    this.#tell();
  }

  #tell(): void {
    if (this.#untold === 0) return;
    const lost = this.#untold;
    this.#untold = 0;
    this.#options.stream.write(`${this.#options.gap(lost)}\n`);
  }
}
