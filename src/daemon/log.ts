/** What the daemon says, and how it keeps quiet under a peer that provokes it. A pino logger fits as it is. */
import type { Clock } from '../clock.js';

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
/** Different failures whose first line passes although its text has used up its lines. */
const MAX_KINDS = 50;
/** Texts that are told apart. Nearly all are this package's own; a note about a network may be any. */
const MAX_TEXTS = 200;
const OTHER_TEXTS = 'other lines';

type Level = 'info' | 'warn' | 'error';

interface Window {
  since: number;
  lines: number;
  kinds: Set<string>;
  heldBack: number;
  level: Level;
  cancel: () => void;
}

/**
 * A logger that keeps quiet under a peer that provokes it. Of one text it writes some lines in a window, and beyond them
 * the first line of each failure that differs by its `error` or `reason`. When a window ends it says how many lines it
 * held back. Debug lines pass: whoever asks for them wants all of them.
 */
export class RateLimitedLogger implements Logger {
  readonly #inner: Logger;
  readonly #clock: Clock;
  readonly #limit: RateLimit;
  readonly #windows = new Map<string, Window>();

  constructor(inner: Logger, clock: Clock, limit: RateLimit = DEFAULT_LIMIT) {
    this.#inner = inner;
    this.#clock = clock;
    this.#limit = limit;
  }

  debug(fields: object, message: string): void {
    this.#inner.debug(fields, message);
  }

  info(fields: object, message: string): void {
    this.#write('info', fields, message);
  }

  warn(fields: object, message: string): void {
    this.#write('warn', fields, message);
  }

  error(fields: object, message: string): void {
    this.#write('error', fields, message);
  }

  /** Says what was held back until now, and leaves no timer. Lines may follow. */
  end(): void {
    for (const text of [...this.#windows.keys()]) this.#close(text);
  }

  #write(level: Level, fields: object, message: string): void {
    const text = this.#windows.has(message) || this.#hasRoom() ? message : OTHER_TEXTS;
    const window = this.#windowOf(text, level);
    const kind = kindOf(fields);
    const isNew = !window.kinds.has(kind) && window.kinds.size < MAX_KINDS;
    if (isNew) window.kinds.add(kind);
    if (isNew || window.lines < this.#limit.lines) {
      window.lines++;
      this.#inner[level](fields, message);
      return;
    }
    if (window.heldBack++ > 0) return;
    const left = window.since + this.#limit.windowMs - this.#clock.now();
    window.cancel = this.#clock.after(left, () => this.#close(text));
  }

  #windowOf(text: string, level: Level): Window {
    const present = this.#windows.get(text);
    const since = this.#clock.now();
    if (present !== undefined && since - present.since < this.#limit.windowMs) return present;
    this.#close(text);
    const window: Window = { since, lines: 0, kinds: new Set(), heldBack: 0, level, cancel: () => {} };
    this.#windows.set(text, window);
    return window;
  }

  #hasRoom(): boolean {
    if (this.#windows.size < MAX_TEXTS) return true;
    const now = this.#clock.now();
    for (const [text, { since }] of [...this.#windows]) if (now - since >= this.#limit.windowMs) this.#close(text);
    return this.#windows.size < MAX_TEXTS;
  }

  #close(text: string): void {
    const window = this.#windows.get(text);
    if (window === undefined) return;
    this.#windows.delete(text);
    window.cancel();
    const { heldBack, level } = window;
    if (heldBack > 0) this.#inner[level]({ heldBack, text }, 'lines like this were held back');
  }
}

/** What makes one failure another one, for lines of one text. */
function kindOf(fields: object): string {
  const { error = '', reason = '' } = fields as { error?: unknown; reason?: unknown };
  return `${String(error)}\n${String(reason)}`;
}
