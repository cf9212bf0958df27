/**
 * Judges what a message from the device asks for. The codec reads it, as hostile as it may be; here is decided which
 * status a request gets that no port ever sees (design: unknown operation 0x80070032, everything else 0x80070057).
 */
import { type DaemonRequest, decodeDaemonRequest } from '../codec/index.js';
import { KvpError } from '../errors.js';
import { DAEMON_OPERATION, DAEMON_POOL } from '../wire/daemon-message.js';
import {
  OPERATION_GET,
  OPERATION_GET_IP_INFO,
  OPERATION_SET,
  OPERATION_SET_IP_INFO,
  POOL_COUNT,
  VALUE_VALUE_SIZE,
} from '../wire/kvp.js';
import { Status } from '../wire/status.js';
import type { IpInfoText, TextBytes } from './ports.js';
import type { Profile } from './profile.js';

/** All text is a subarray of the message: valid as long as the message is left alone. */
export type Request =
  | { kind: 'get'; pool: number; key: TextBytes; valueSize: number }
  | { kind: 'set'; pool: number; key: TextBytes; value: TextBytes }
  | { kind: 'delete'; pool: number; key: TextBytes }
  | { kind: 'enumerate'; pool: number; index: number }
  | { kind: 'get-ip'; adapterId: string }
  | { kind: 'set-ip'; wanted: IpInfoText }
  | { kind: 'refused'; status: number; reason: string };

const refuse = (reason: string, status: number = Status.InvalidArgument): Request => ({
  kind: 'refused',
  status,
  reason,
});

export function readRequest(message: Uint8Array, profile: Profile): Request {
  const operation = message[DAEMON_OPERATION]!;
  const pool = message[DAEMON_POOL]!;
  if (operation > OPERATION_SET_IP_INFO) return refuse(`unknown operation ${operation}`, Status.NotSupported);
  if (operation < OPERATION_GET_IP_INFO && pool >= POOL_COUNT) return refuse(`pool ${pool}`);
  // Size 0 is what the Linux driver sends for a value type that it cannot convert (protocol.md 3.9): there is no value.
  if (operation === OPERATION_SET && valueSize(message) === 0) return refuse('value size 0');
  try {
    return requestOf(decodeDaemonRequest(message, { dialect: profile.name }));
  } catch (error) {
    if (error instanceof KvpError) return refuse(error.message, statusOfMalformed(error, operation));
    throw error;
  }
}

function requestOf(request: DaemonRequest): Request {
  if ('body' in request) return refuse(`unknown operation ${request.operation}`, Status.NotSupported);
  if ('ip' in request) return { kind: 'set-ip', wanted: request.ip };
  if ('adapterId' in request) return { kind: 'get-ip', adapterId: request.adapterId };
  if ('index' in request) return { kind: 'enumerate', pool: request.pool, index: request.index };
  const { pool, key } = request;
  if ('value' in request) return { kind: 'set', pool, key, value: request.value };
  if ('valueSize' in request) return { kind: 'get', pool, key, valueSize: request.valueSize };
  return { kind: 'delete', pool, key };
}

function statusOfMalformed({ offset }: KvpError, operation: number): number {
  // No interface can have such an address, which is what E_FAIL says.
  if (operation === OPERATION_GET_IP_INFO) return Status.Fail;
  // What the stock daemon answers for a value that is too long.
  if (offset === VALUE_VALUE_SIZE && (operation === OPERATION_GET || operation === OPERATION_SET))
    return Status.NoMoreItems;
  return Status.InvalidArgument;
}

const valueSize = (message: Uint8Array) =>
  new DataView(message.buffer, message.byteOffset, message.byteLength).getUint32(VALUE_VALUE_SIZE, true);
