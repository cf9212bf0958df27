/** What log lines tell of a request and its answer. */
import { Status } from '../wire/status.js';
import type { Answer } from './answer.js';
import type { TextBytes } from './ports.js';
import type { Request } from './request.js';

const utf8 = new TextDecoder();
/** Values under such keys are never logged. */
const SECRET =
  /pass|pwd|secret|token|credential|private|key|sas|auth|cert|sign|connection.?string|bearer|cookie|session|jwt|pin\b/i;

export function describeRequest(request: Request): object {
  switch (request.kind) {
    case 'refused':
      return { reason: request.reason };
    case 'get':
    case 'set':
    case 'delete':
      return { key: utf8.decode(request.key) };
    case 'enumerate':
      return { index: request.index };
    case 'get-ip':
      return { adapterId: request.adapterId };
    case 'set-ip':
      return { adapterId: request.wanted.adapterId };
  }
}

export function describeAnswer(request: Request, answer: Answer): object {
  const status = `0x${(answer.kind === 'status' ? answer.status : Status.Ok).toString(16).padStart(8, '0')}`;
  if (answer.kind === 'ip') return { status, ip: answer.info };
  if (request.kind === 'set-ip') return { status, wanted: request.wanted };
  if (answer.kind === 'record') return { status, ...item(utf8.decode(answer.key), answer.value) };
  if (request.kind === 'set') return { status, ...item(utf8.decode(request.key), request.value) };
  if (request.kind === 'get' && answer.kind === 'value')
    return { status, ...item(utf8.decode(request.key), answer.value) };
  return { status };
}

function item(key: string, value: TextBytes): object {
  return { key, value: SECRET.test(key) ? '(not shown)' : utf8.decode(value) };
}
