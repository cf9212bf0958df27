/** A contender's process, seen from the contest: one order at a time. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Order, Report } from './messages.js';

const PROGRAM = fileURLToPath(new URL('./contender-process.js', import.meta.url));

export class Child {
  readonly name: string;
  readonly #process: ChildProcess;
  #answer: (report: Report) => void = () => {};

  constructor(name: string) {
    this.name = name;
    this.#process = fork(PROGRAM);
    this.#process.on('message', (report: Report) => this.#answer(report));
    this.#process.on('exit', () => this.#answer({ kind: 'failed', message: 'its process ended' }));
  }

  /** Gives an order and waits for its report. */
  async order<Kind extends Report['kind']>(order: Order, kind: Kind): Promise<Extract<Report, { kind: Kind }>> {
    const report = await new Promise<Report>((resolve) => {
      this.#answer = resolve;
      this.#process.send(order);
    });
    if (report.kind !== kind) {
      throw new Error(`${this.name}: ${report.kind === 'failed' ? report.message : report.kind}`);
    }
    return report as Extract<Report, { kind: Kind }>;
  }

  end(): void {
    this.#process.kill();
  }
}
