/** What decoding gives: the messages of a batch, read by their number. */
import type { KvpError } from '../errors.js';

/**
 * Decoded messages. They hold nothing of the payloads and nothing of the engine: a batch stays good for ever.
 * Every method throws a MisuseError when there is no message `i`.
 */
export interface DecodedBatch {
  readonly count: number;
  /** Why message `i` could not be decoded: ERR_CODEC_SHORT or ERR_CODEC_IC with an offset; undefined when it was. */
  fault(i: number): KvpError | undefined;
  operation(i: number): number;
  pool(i: number): number;
  /** ENUMERATE only, else 0. */
  index(i: number): number;
  valueType(i: number): number;
  /** The IC header's status. */
  status(i: number): number;
  /** The IC header's transaction id. */
  transaction(i: number): number;
  /** The key up to its NUL; operations 4 and above have none here. Lone surrogates stay. */
  key(i: number): string;
  /** The value: a string, a number for type 4, a bigint for types 8 and 11. */
  value(i: number): string | number | bigint;
}
