/** One JSON object a line, over bytes that arrive in any pieces. */
import { KvpError } from '../errors.js';

const LINE_FEED = 0x0a;

export class LineReader {
  readonly #limit: number;
  #pieces: Uint8Array[] = [];
  #length = 0;

  /** `limit`: bytes of the longest line, its line feed not counted. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The lines that `chunk` completes, decoded. Throws ERR_HOST_COMMAND once a line is too long or not UTF-8. */
  *push(chunk: Uint8Array): Generator<string> {
    let rest = chunk;
    for (let end = rest.indexOf(LINE_FEED); end >= 0; end = rest.indexOf(LINE_FEED)) {
      this.#append(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
      yield this.#take();
    }
    this.#append(rest);
  }

  #append(piece: Uint8Array): void {
    this.#length += piece.length;
    if (this.#length > this.#limit) {
      throw new KvpError('ERR_HOST_COMMAND', { detail: 'line too long', expected: `at most ${this.#limit} bytes` });
    }
    if (piece.length > 0) this.#pieces.push(piece);
  }

  #take(): string {
    const line = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      line.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [];
    this.#length = 0;
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(line);
    } catch (cause) {
      throw new KvpError('ERR_HOST_COMMAND', { detail: 'the line is not UTF-8', cause });
    }
  }
}
