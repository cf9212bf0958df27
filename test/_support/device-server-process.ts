/** Starts and commands test/_support/device-server.ts. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./device-server.js', import.meta.url));

export class DeviceServerProcess {
  readonly process: ChildProcess;
  /** Exit code or signal name. */
  readonly ended: Promise<number | string>;
  readonly #lines: AsyncIterator<string>;

  /** `prefix` is a command that runs the server under other conditions (setpriv, unshare, env). */
  private constructor(path: string, prefix: string[]) {
    const [command, ...args] = [...prefix, process.execPath, PROGRAM, path];
    this.process = spawn(command as string, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    this.ended = once(this.process, 'exit').then(([code, signal]) => signal ?? code);
    this.#lines = createInterface({ input: this.process.stdout! })[Symbol.asyncIterator]();
  }

  /** Resolves when it is about to serve: its next line is `serving` or the error. */
  static async starting(path: string, prefix: string[] = []): Promise<DeviceServerProcess> {
    const server = new DeviceServerProcess(path, prefix);
    const line = await server.line();
    if (line !== 'starting') throw new Error(line);
    return server;
  }

  static async serving(path: string, prefix: string[] = []): Promise<DeviceServerProcess> {
    const server = await DeviceServerProcess.starting(path, prefix);
    const line = await server.line();
    if (line !== 'serving') throw new Error(line);
    return server;
  }

  /** The next line it prints; 'nothing' at its end. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    return done ? 'nothing' : value;
  }

  tell(command: string): void {
    this.process.stdin!.write(`${command}\n`);
  }

  async kill(signal: NodeJS.Signals): Promise<number | string> {
    this.process.kill(signal);
    return this.ended;
  }
}
