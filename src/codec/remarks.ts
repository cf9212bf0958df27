/** What a host tolerates in an answer although no guest should send it: a list for the guest's author, never an error. */
import { requireInteger, requireObject, requireText } from '../arguments.js';

export interface Remark {
  /** Which part of the answer. */
  what: string;
  /** Where it stands: bytes from the start of the payload. */
  offset: number;
  expected: number | string;
  actual: number | string;
}

/** One line: "message type at offset 12, expected 2, got 3". */
export function formatRemark(remark: Remark): string {
  requireObject('remark', remark);
  const { what, offset, expected, actual } = remark;
  requireText('what', what);
  requireInteger('offset', offset, 0, Number.MAX_SAFE_INTEGER);
  return `${what} at offset ${offset}, expected ${expected}, got ${actual}`;
}

/** Collects remarks while an answer is read. */
export class Remarks {
  readonly list: Remark[];
  readonly #base: number;

  constructor(list: Remark[] = [], base = 0) {
    this.list = list;
    this.#base = base;
  }

  /** The same list for the part that starts at `base`: offsets count from there. */
  within(base: number): Remarks {
    return new Remarks(this.list, this.#base + base);
  }

  add(what: string, offset: number, expected: number | string, actual: number | string): void {
    this.list.push({ what, offset: this.#base + offset, expected, actual });
  }

  /** A remark when two numbers differ. */
  expect(what: string, offset: number, expected: number, actual: number): void {
    if (actual !== expected) this.add(what, offset, expected, actual);
  }
}
