/** The unmodified daemon of Debian's hyperv-daemons, as a child process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PEERS } from './private-machine.js';

const PROGRAM = join(PEERS, 'usr/sbin/hv_kvp_daemon');

export class StockDaemon {
  readonly process: ChildProcess;
  /** Exit code or signal name. */
  readonly ended: Promise<number | string>;

  constructor(args: string[] = ['-n']) {
    if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing - run test/system/setup`);
    this.process = spawn(PROGRAM, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { PATH: process.env['PATH'] } });
    this.ended = once(this.process, 'exit').then(([code, signal]) => signal ?? code);
  }

  /** Resolves when the process is gone; it is asked with SIGTERM, which the daemon does not handle. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    this.process.kill(signal);
    return this.ended;
  }
}
