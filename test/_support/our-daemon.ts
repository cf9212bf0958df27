/** The built `hv-kvp-daemon` as a child process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export const PROGRAM = 'dist/bin/hv-kvp-daemon.js';

export class OurDaemon {
  readonly process: ChildProcess;
  /** Exit code or signal name. */
  readonly ended: Promise<number | string>;
  /** Everything it said. */
  output = '';

  constructor(args: string[] = ['-n'], program = PROGRAM) {
    this.process = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.on('data', (chunk) => {
        this.output += chunk;
      });
    this.ended = once(this.process, 'exit').then(([code, signal]) => signal ?? code);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    this.process.kill(signal);
    return this.ended;
  }
}
