/** The control socket of a virtual machine: a Unix socket, mode 0600, one JSON object a line each way. */
import { mkdir } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { optional, requireFunction, requireObject, requirePath, requireText } from '../arguments.js';
import { KvpError } from '../errors.js';
import { answerControlLine, type ControlAnswer, controlFailure, requireMachine } from './control-commands.js';
import { LineReader } from './control-lines.js';
import { listenAt } from './control-socket.js';
import type { VirtualMachine } from './virtual-machine.js';

/** A raw payload of 16,384 bytes in hex, and room for the rest of its command. */
export const MAX_CONTROL_LINE_BYTES = 65_536;
const MAX_CONNECTIONS = 32;

export interface ControlOptions {
  /** What `status` tells beside what the machine knows, such as the state of a driver in the same program. */
  status?: () => object;
}

export interface ControlServer {
  readonly path: string;
  /** Ends every connection and removes the socket. */
  close(): Promise<void>;
}

/** `$XDG_RUNTIME_DIR/hv-kvp/host.sock`, or below /run/hv-kvp where there is no such directory. */
export function defaultControlPath(environment: NodeJS.ProcessEnv = process.env): string {
  requireObject('environment', environment);
  const runtime = environment['XDG_RUNTIME_DIR'];
  optional(requireText, 'XDG_RUNTIME_DIR', runtime);
  return runtime === undefined || runtime === '' ? '/run/hv-kvp/host.sock' : join(runtime, 'hv-kvp', 'host.sock');
}

/**
 * Serves `vm` at `path`. Missing directories are made with mode 0700; a socket that nobody serves any more is replaced.
 * Commands of one connection are done one after another; a line over 64 KiB ends its connection.
 *
 * @throws KvpError ERR_HOST_CONTROL: somebody serves there, or something else than a stream socket stands there
 */
export async function serveControl(
  vm: VirtualMachine,
  path: string,
  options: ControlOptions = {},
): Promise<ControlServer> {
  requireMachine(vm);
  requirePath('path', path);
  requireObject('options', options);
  const { status = () => ({}) } = options;
  requireFunction('status', status);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A client that breaks off has nobody to be told.
    socket.on('error', () => socket.destroy());
    void converse((line) => answerControlLine(vm, line, status), socket);
  });
  server.maxConnections = MAX_CONNECTIONS;
  const removeName = await listenAt(server, path);
  return {
    path,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await removeName();
      await closed;
    },
  };
}

type AnswerLine = (line: string) => Promise<ControlAnswer>;

async function converse(answer: AnswerLine, socket: Socket): Promise<void> {
  const lines = new LineReader(MAX_CONTROL_LINE_BYTES);
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      if (!(await answerLines(answer, socket, lines, chunk))) break;
    }
    socket.end();
  } catch {
    // The client went away in the middle of a word, which nobody else needs to know.
    socket.destroy();
  }
}

/** False: the bytes cannot be lines, the client has been told so, and there is no way to tell where the next line begins. */
async function answerLines(answer: AnswerLine, socket: Socket, lines: LineReader, chunk: Buffer): Promise<boolean> {
  try {
    for (const line of lines.push(chunk)) {
      if (line.trim() !== '') await write(socket, await answer(line));
    }
    return true;
  } catch (error) {
    if (!(error instanceof KvpError)) throw error;
    await write(socket, controlFailure(null, error));
    return false;
  }
}

/** Waits until a slow reader has taken what it asked for, so that its answers cannot pile up. */
function write(socket: Socket, answer: ControlAnswer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(text(answer), (error) => (error ? reject(error) : resolve()));
  });
}

const text = (answer: ControlAnswer): string => `${JSON.stringify(answer)}\n`;
