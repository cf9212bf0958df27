/** Starts a network manager's program: no shell, a clean environment, and an end within its time. */
import { type ChildProcess, spawn } from 'node:child_process';
import { KvpError } from '../../errors.js';
import { PROGRAM_ENVIRONMENT } from '../../os/program-environment.js';
import type { ManagerCommand } from '../backends/backend.js';

export interface CommandLimits {
  /** Milliseconds until the program is killed with everything that it started. */
  withinMs: number;
  /** Kills it at once. */
  signal?: AbortSignal | undefined;
  /** Hears of its process, which leads a group of its own. */
  onStart?: (pid: number) => void;
}

/** What the program said, both streams together, the end of it where it is long. */
export type RunCommand = (command: ManagerCommand, limits: CommandLimits) => Promise<string>;

/** No more is kept of what a program says. */
const MAX_OUTPUT = 16_384;
/** From the polite signal to the one that cannot be refused. */
const KILL_AFTER_MS = 500;
/** A daemon that the program left behind may hold its output open. */
const DRAIN_MS = 200;

/**
 * Rejects with ERR_NET_COMMAND when the program cannot be started, exits with anything but 0, or does not end in time.
 * `path` is what programs are looked for in.
 */
export function commandRunner(path: string = PROGRAM_ENVIRONMENT.PATH): RunCommand {
  return (command, limits) => run(command, limits, { ...PROGRAM_ENVIRONMENT, PATH: path });
}

async function run(
  { argv }: ManagerCommand,
  { withinMs, signal, onStart }: CommandLimits,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const [program, ...rest] = argv;
  if (signal?.aborted) throw failure(argv, 'not started: the time is over');
  const child = spawn(program, rest, { cwd: '/', env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  if (child.pid !== undefined) onStart?.(child.pid);
  const output = new Output(child);
  const end = await new Promise<string | number>((resolve) => {
    let reason: string | undefined;
    const kill = (why: string) => {
      reason ??= why;
      killGroup(child.pid, 'SIGTERM');
      hard ??= setTimeout(() => killGroup(child.pid, 'SIGKILL'), KILL_AFTER_MS);
    };
    let hard: NodeJS.Timeout | undefined;
    const limit = setTimeout(() => kill(`killed after ${Math.round(withinMs)} ms`), withinMs);
    const aborted = () => kill('killed: the time is over');
    signal?.addEventListener('abort', aborted, { once: true });
    const finish = (how: string | number) => {
      clearTimeout(limit);
      clearTimeout(hard);
      signal?.removeEventListener('abort', aborted);
      // What the program started and a polite signal left.
      if (reason !== undefined) killGroup(child.pid, 'SIGKILL');
      resolve(reason ?? how);
    };
    child.once('error', (error) => finish(error.message));
    child.once('exit', (code, by) => finish(code ?? `killed by ${by}`));
  });
  const said = await output.end();
  if (end !== 0) throw failure(argv, typeof end === 'number' ? `exit ${end}` : end, said);
  return said;
}

class Output {
  #text = '';
  readonly #closed: Promise<void>;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#text = (this.#text + chunk).slice(-MAX_OUTPUT);
      });
    this.#closed = new Promise((resolve) => child.once('close', () => resolve()));
  }

  /** After the program's end. */
  async end(): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const drained = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, DRAIN_MS);
    });
    await Promise.race([this.#closed, drained]);
    clearTimeout(timer);
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    return this.#text.trim();
  }
}

/** By the number of its leader; nothing where there is none. 0 would be our own group, 1 every process there is. */
export function killGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (leader !== undefined && leader > 1) process.kill(-leader, signal);
  } catch {
    // The group has ended.
  }
}

function failure(argv: readonly string[], actual: string, said = ''): KvpError {
  const lastLine = said.split('\n').at(-1) ?? '';
  return new KvpError('ERR_NET_COMMAND', {
    detail: argv.join(' '),
    actual: lastLine === '' ? actual : `${actual}: ${lastLine.slice(0, 400)}`,
  });
}
