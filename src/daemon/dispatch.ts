/** Decides the answer to one request. Sans-IO: pools, network and intrinsic items are ports that the caller injects. */
import { KvpError } from '../errors.js';
import { KEY_BYTES, POOL_AUTO, VALUE_BYTES } from '../wire/kvp.js';
import { Status } from '../wire/status.js';
import type { Answer } from './answer.js';
import type { IntrinsicsPort, IpInfoText, NetPort, PoolPort } from './ports.js';
import type { Profile } from './profile.js';
import type { Request } from './request.js';

export interface Ports {
  pools: PoolPort;
  net: NetPort;
  intrinsics: IntrinsicsPort;
}

const status = (value: number): Answer => ({ kind: 'status', status: value });
const notFound = status(Status.NoMoreItems);

/**
 * The answer to `request`. Never rejects: whatever a port throws becomes a status, which `onError` hears about.
 * `signal` aborts at the daemon's deadline; nobody waits for the answer from then on.
 */
export async function answerRequest(
  request: Request,
  ports: Ports,
  profile: Profile,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<Answer> {
  try {
    return await decide(request, ports, profile, signal);
  } catch (error) {
    onError(error);
    return status(statusOfError(error));
  }
}

async function decide(request: Request, ports: Ports, profile: Profile, signal: AbortSignal): Promise<Answer> {
  switch (request.kind) {
    case 'refused':
      return status(request.status);
    case 'get': {
      const value = await ports.pools.get(request.pool, request.key);
      return value === undefined ? notFound : { kind: 'value', value, size: request.valueSize };
    }
    case 'set':
      if (request.pool === POOL_AUTO && !profile.writesPoolAuto) return notFound;
      await ports.pools.set(request.pool, request.key, request.value);
      return status(Status.Ok);
    case 'delete': {
      if (request.pool === POOL_AUTO && !profile.writesPoolAuto) return notFound;
      const removed = await ports.pools.delete(request.pool, request.key);
      return removed === 0 ? notFound : status(Status.Ok);
    }
    case 'enumerate':
      if (request.pool === POOL_AUTO) return intrinsicItem(ports.intrinsics, request.index);
      return recordAt(ports.pools, request.pool, request.index);
    case 'get-ip': {
      const info = await ports.net.ipInfoByMac(request.adapterId);
      return info === undefined ? status(Status.Fail) : { kind: 'ip', info };
    }
    case 'set-ip':
      return status(await ports.net.setIpInfo(request.wanted satisfies IpInfoText, signal));
  }
}

async function recordAt(pools: PoolPort, pool: number, index: number): Promise<Answer> {
  const record = await pools.at(pool, index);
  return record === undefined ? notFound : { kind: 'record', ...record };
}

const utf8 = new TextEncoder();

function intrinsicItem(intrinsics: IntrinsicsPort, index: number): Answer {
  const item = intrinsics.at(index);
  if (item === undefined) return notFound;
  return { kind: 'record', key: fitted(item.key, KEY_BYTES - 1), value: fitted(item.value, VALUE_BYTES - 1) };
}

/** As many whole characters as fit. */
function fitted(text: string, maxBytes: number): Uint8Array {
  const room = new Uint8Array(maxBytes);
  const { written } = utf8.encodeInto(text, room);
  return room.subarray(0, written);
}

function statusOfError(error: unknown): number {
  if (!(error instanceof KvpError)) return Status.Fail;
  switch (error.code) {
    case 'ERR_POOL_KEY':
    case 'ERR_POOL_VALUE':
    case 'ERR_POOL_NAME':
    case 'ERR_NET_ADDRESS':
      return Status.InvalidArgument;
    case 'ERR_NET_ADAPTER':
      return Status.AdapterNotFound;
    case 'ERR_POOL_IO':
    case 'ERR_NET_WRITE':
      return isDiskFull(error) ? Status.DiskFull : Status.Fail;
    default:
      return Status.Fail;
  }
}

function isDiskFull({ cause, actual }: KvpError): boolean {
  const code = cause instanceof Error && 'code' in cause ? cause.code : actual;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
