import {
  RESULT_ACTUAL,
  RESULT_BASE,
  RESULT_CAUSE,
  RESULT_EXPECTED,
  RESULT_OFFSET,
} from '../src/wire/engine';

/** Writes one word of the result block. */
// @ts-ignore: decorator
@inline
export function setResult(field: i32, value: i32): void {
  store<i32>(RESULT_BASE + field, value);
}

/** Describes a failure in the result block and returns the negated cause. */
export function fail(cause: i32, offset: i32, expected: i32, actual: i32): i32 {
  store<i32>(RESULT_BASE, cause, RESULT_CAUSE);
  store<i32>(RESULT_BASE, offset, RESULT_OFFSET);
  store<i32>(RESULT_BASE, expected, RESULT_EXPECTED);
  store<i32>(RESULT_BASE, actual, RESULT_ACTUAL);
  return -cause;
}
