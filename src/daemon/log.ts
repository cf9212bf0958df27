/** What the daemon says, and how it keeps quiet under a peer that provokes it. A pino logger fits as it is. */

export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export interface RateLimit {
  /** Lines of one text that may be written in one window. */
  lines: number;
  windowMs: number;
}

const DEFAULT_LIMIT: RateLimit = { lines: 10, windowMs: 10_000 };

/**
 * A logger that writes at most `lines` lines of the same text in a window, and then says how many it held back. Texts
 * are written by this package, never by a peer, so their number is bounded. Debug lines pass: whoever asks for them
 * wants all of them.
 */
export function rateLimited(inner: Logger, now: () => number, limit: RateLimit = DEFAULT_LIMIT): Logger {
  const windows = new Map<string, { start: number; lines: number; heldBack: number }>();

  function limitedBy(level: 'info' | 'warn' | 'error') {
    return (fields: object, message: string): void => {
      const at = now();
      let window = windows.get(message);
      if (window === undefined || at - window.start >= limit.windowMs) {
        const heldBack = window?.heldBack ?? 0;
        window = { start: at, lines: 0, heldBack: 0 };
        windows.set(message, window);
        if (heldBack > 0) inner[level]({ heldBack, text: message }, 'lines of one kind were held back');
      }
      window.lines++;
      if (window.lines > limit.lines) window.heldBack++;
      else inner[level](fields, message);
    };
  }

  return {
    debug: (fields, message) => inner.debug(fields, message),
    info: limitedBy('info'),
    warn: limitedBy('warn'),
    error: limitedBy('error'),
  };
}
