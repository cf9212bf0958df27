/** The client of a control socket. */
import { connect, type Socket } from 'node:net';
import { requireObject, requirePath, requireText } from '../arguments.js';
import { ERRORS, type ErrorCode, KvpError, MisuseError } from '../errors.js';
import { LineReader } from './control-lines.js';
import { isRecord } from './json-value.js';

/** The longest enumeration a host makes, in JSON. */
const MAX_ANSWER_BYTES = 128 * 1024 * 1024;

/** An error that happened at the host: its code is the host's, its message the host's words. */
export class RemoteError extends KvpError {
  override readonly name = 'RemoteError';
  /** The guest's status word, when the guest refused. */
  readonly status: number | undefined;

  constructor(code: ErrorCode, message: string, status?: number) {
    super(code);
    this.message = message;
    this.status = status;
  }
}

/**
 * Sends one command to the host at `path` and resolves with its result.
 *
 * @throws KvpError ERR_HOST_CONTROL when nobody serves there or the connection breaks; RemoteError or MisuseError when
 *   the host says no
 *
 * @example
 * await callControl(defaultControlPath(), 'add', { key: 'city', value: 'Zürich' });
 */
export async function callControl(path: string, command: string, given: object = {}): Promise<unknown> {
  requirePath('path', path);
  requireText('command', command);
  requireObject('given', given);
  const socket = await open(path);
  try {
    socket.write(`${JSON.stringify({ ...given, id: 1, command })}\n`);
    return resultOf(await firstLine(socket, path));
  } finally {
    socket.destroy();
  }
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    socket.once('connect', () => resolve(socket));
    socket.once('error', (cause) =>
      reject(unusable(`${path}: ${cause.message} - is \`hv-kvp host serve\` running?`, cause)),
    );
  });
}

async function firstLine(socket: Socket, path: string): Promise<string> {
  const lines = new LineReader(MAX_ANSWER_BYTES);
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      for (const line of lines.push(chunk)) return line;
    }
  } catch (cause) {
    throw unusable(`${path}: ${(cause as Error).message}`, cause);
  }
  throw unusable(`${path}: the host went away without an answer`);
}

function resultOf(line: string): unknown {
  let answer: unknown;
  try {
    answer = JSON.parse(line);
  } catch (cause) {
    throw unusable('the answer is not JSON', cause);
  }
  if (!isRecord(answer)) throw unusable('the answer is no object');
  if (answer['ok'] === true) return answer['result'];
  throw errorOf(answer['error']);
}

function errorOf(error: unknown): Error {
  if (!isRecord(error) || typeof error['code'] !== 'string' || typeof error['message'] !== 'string') {
    return unusable('the answer is neither a result nor an error');
  }
  const { code, message, status } = error as { code: string; message: string; status?: unknown };
  if (code === 'ERR_MISUSE') return new MisuseError(message);
  if (!Object.hasOwn(ERRORS, code)) return unusable(message);
  return new RemoteError(code as ErrorCode, message, typeof status === 'number' ? status : undefined);
}

const unusable = (detail: string, cause?: unknown): KvpError => new KvpError('ERR_HOST_CONTROL', { detail, cause });
