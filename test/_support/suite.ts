/**
 * The way every test file registers its tests. It wraps uvu so that nothing passes by silence: a suite runs because
 * it was defined, a skip names its reason, every test has a time limit, and the runner learns how many tests were
 * registered, so that a process that ends early is a failure.
 */
import { writeFileSync } from 'node:fs';
import { suite as uvuSuite } from 'uvu';
import * as assert from 'uvu/assert';

export { assert };

export type Outcome = 'registered' | 'passed' | 'failed' | 'skipped';
export interface Report {
  tests: { name: string; outcome: Outcome; reason?: string; ms?: number }[];
}

const report: Report = { tests: [] };
const DEFAULT_LIMIT_MS = 20_000;

process.on('exit', () => {
  const file = process.env['HV_KVP_TEST_REPORT'];
  if (file !== undefined) writeFileSync(file, JSON.stringify(report));
});

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
      const entry: Report['tests'][number] = { name: `${name}: ${title}`, outcome: 'registered' };
      report.tests.push(entry);
      inner(title, async () => {
        const started = performance.now();
        try {
          await within(options.limit ?? DEFAULT_LIMIT_MS, Promise.resolve().then(run));
          entry.outcome = 'passed';
        } catch (error) {
          entry.outcome = 'failed';
          throw error;
        } finally {
          entry.ms = Math.round(performance.now() - started);
        }
      });
    },
    skip(title, reason) {
      report.tests.push({ name: `${name}: ${title}`, outcome: 'skipped', reason });
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
