/** Errors of a part, told from the whole: their offsets count from the start of the message that the caller passed. */
import { type ErrorDetail, KvpError } from '../errors.js';

/** Runs `work` on the part that starts at `at`; its KvpErrors come out with that offset added and `what` named. */
export function placed<T>(at: number, what: string | undefined, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof KvpError)) throw error;
    const place: ErrorDetail = { offset: at + (error.offset ?? 0), cause: error };
    const detail = [what, error.detail].filter((part) => part !== undefined).join(', ');
    if (detail !== '') place.detail = detail;
    if (error.expected !== undefined) place.expected = error.expected;
    if (error.actual !== undefined) place.actual = error.actual;
    throw new KvpError(error.code, place);
  }
}
