import { type ErrorCode, KvpError, MisuseError } from '../errors.js';

/** Exit codes of every command (docs/architecture.md). */
export const EXIT = { ok: 0, negative: 1, usage: 2, io: 3 } as const;

/** A command ends with this to choose its exit code; `message` goes to stderr unless it is empty. */
export class CommandEnd extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message = '') {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Errors that are an answer ("there is no such item") rather than a failure. */
const NEGATIVE: ReadonlySet<ErrorCode> = new Set([
  'ERR_HOST_EXISTS',
  'ERR_HOST_NOT_FOUND',
  'ERR_HOST_STATUS',
  'ERR_HOST_TOO_MANY',
  'ERR_NET_ADAPTER',
  'ERR_NET_UNKNOWN',
]);
/** Errors in what the user typed. */
const USAGE: ReadonlySet<ErrorCode> = new Set([
  'ERR_CODEC_UTF16',
  'ERR_CODEC_UTF8',
  'ERR_CODEC_VALUE_TYPE',
  'ERR_CODEC_IP',
  'ERR_HOST_COMMAND',
  'ERR_LIMIT_KEY',
  'ERR_LIMIT_LIST',
  'ERR_LIMIT_VALUE',
  'ERR_NET_ADDRESS',
  'ERR_NET_BACKEND',
  'ERR_NET_INTERFACE',
  'ERR_POOL_KEY',
  'ERR_POOL_NAME',
  'ERR_POOL_VALUE',
]);

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommandEnd) return error.exitCode;
  if (error instanceof MisuseError) return EXIT.usage;
  if (error instanceof KvpError) {
    if (NEGATIVE.has(error.code)) return EXIT.negative;
    if (USAGE.has(error.code)) return EXIT.usage;
  }
  return EXIT.io;
}
