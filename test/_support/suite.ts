/**
 * The way every test file registers its tests. It wraps uvu so that nothing passes by silence: a suite runs because
 * it was defined, a skip names its reason, every test has a time limit, and the runner learns how many tests were
 * registered, so that a process that ends early is a failure.
 */
import { appendFileSync } from 'node:fs';
import { suite as uvuSuite } from 'uvu';
import * as assert from 'uvu/assert';
import { describeStartedPrograms, forgetEndedPrograms } from './started-programs.js';

export { assert };

export type Outcome = 'registered' | 'passed' | 'failed' | 'skipped';

/** One line of a report: what is known of a test from then on. The last line about a test counts. */
export interface TestReport {
  name: string;
  outcome: Outcome;
  /** Why it was skipped. */
  reason?: string;
  ms?: number;
  limitMs?: number;
  /** Of a failure: the error, and what the programs said that the test started. */
  error?: string;
  programs?: string;
}

/** A line as soon as it is known: a process that is killed leaves the lines before. */
function report(line: TestReport): void {
  const file = process.env['HV_KVP_TEST_REPORT'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(line)}\n`);
}

/** Only a hang reaches it, on the slowest machine too. */
const DEFAULT_LIMIT_MS = 120_000;
/** Of an error's text in a report. */
const MAX_ERROR_TEXT = 16 * 1024;

export interface TestOptions {
  /** Milliseconds until the test counts as hung. */
  limit?: number;
}

export interface SuiteBuilder {
  test(name: string, run: () => void | Promise<void>, options?: TestOptions): void;
  /** Registers a test that cannot run here; `reason` is printed. */
  skip(name: string, reason: string): void;
  /** `test` when the condition holds, else `skip` with the reason. */
  testIf(
    condition: boolean,
    reason: string,
    name: string,
    run: () => void | Promise<void>,
    options?: TestOptions,
  ): void;
  after(run: () => void | Promise<void>): void;
}

async function within<T>(limit: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${limit} ms`)), limit);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Defines and runs one suite. */
export function suite(name: string, define: (builder: SuiteBuilder) => void): void {
  const inner = uvuSuite(name);
  const builder: SuiteBuilder = {
    test(title, run, options = {}) {
      const test = { name: `${name}: ${title}`, limitMs: options.limit ?? DEFAULT_LIMIT_MS };
      report({ ...test, outcome: 'registered' });
      inner(title, async () => {
        const started = performance.now();
        const elapsed = () => Math.round(performance.now() - started);
        forgetEndedPrograms();
        try {
          await within(test.limitMs, Promise.resolve().then(run));
          report({ ...test, outcome: 'passed', ms: elapsed() });
        } catch (error) {
          const programs = describeStartedPrograms();
          report({ ...test, outcome: 'failed', ms: elapsed(), error: describeError(error), programs });
          throw error;
        }
      });
    },
    skip(title, reason) {
      report({ name: `${name}: ${title}`, outcome: 'skipped', reason });
      inner.skip(title);
    },
    testIf(condition, reason, title, run, options) {
      if (condition) builder.test(title, run, options);
      else builder.skip(title, reason);
    },
    after: (run) => inner.after(run),
  };
  define(builder);
  inner.run();
}

/** With uvu's difference between what was expected and what came. */
function describeError(error: unknown): string {
  const { stack = String(error), details } = error as { stack?: string; details?: unknown };
  return `${stack}${typeof details === 'string' ? `\n${details}` : ''}`.slice(0, MAX_ERROR_TEXT);
}
