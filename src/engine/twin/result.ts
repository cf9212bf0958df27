import { RESULT_ACTUAL, RESULT_BASE, RESULT_CAUSE, RESULT_EXPECTED, RESULT_OFFSET } from '../../wire/engine.js';

/** Word number of a field of the result block. */
export const resultWord = (field: number): number => (RESULT_BASE + field) >> 2;

/** Describes a failure in the result block and returns the negated cause. */
export function fail(i32: Int32Array, cause: number, offset: number, expected: number, actual: number): number {
  i32[resultWord(RESULT_CAUSE)] = cause;
  i32[resultWord(RESULT_OFFSET)] = offset;
  i32[resultWord(RESULT_EXPECTED)] = expected;
  i32[resultWord(RESULT_ACTUAL)] = actual;
  return -cause;
}
