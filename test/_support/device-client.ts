/** Drives test/_support/device-client.py: a process that is not ours and calls the device file as it is told. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export class DeviceProcess {
  readonly process: ChildProcess;
  readonly ended: Promise<number | string>;
  readonly #waiting: ((outcome: unknown) => void)[] = [];

  /** `as` runs the client under other credentials, by setpriv(1). */
  constructor(path: string, as: string[] = []) {
    const [command, ...args] = [
      ...(as.length > 0 ? ['setpriv', ...as] : []),
      '/usr/bin/python3',
      'test/_support/device-client.py',
      path,
    ];
    this.process = spawn(command as string, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.ended = once(this.process, 'exit').then(([code, signal]) => signal ?? code);
    createInterface({ input: this.process.stdout! }).on('line', (line) => this.#waiting.shift()?.(JSON.parse(line)));
  }

  /** Makes one call; resolves with its outcome, which for an error is the errno name. */
  call(command: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve);
      void this.ended.then((how) => reject(new Error(`the client ended (${how}) during ${command}`)));
      this.process.stdin!.write(`${command}\n`);
    });
  }

  async stop(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended;
  }
}
