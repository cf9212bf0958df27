/** The control protocol without its socket: a parsed line in, an answer out. docs/host.md documents every command. */
import { requireFunction, requireText, wrong } from '../arguments.js';
import { formatVersion, poolNames } from '../codec/index.js';
import { KvpError, MisuseError } from '../errors.js';
import { POOL_COUNT, POOL_EXTERNAL } from '../wire/kvp.js';
import { ControlArguments } from './control-arguments.js';
import { FAULT_TARGETS, type Fault, faultTarget, MAX_RAW_BYTES, oversizedPayload } from './faults.js';
import type { Item } from './guest.js';
import { GuestStatusError } from './guest-status-error.js';
import { isRecord, toJsonValue } from './json-value.js';
import { VirtualMachine } from './virtual-machine.js';

export interface ControlAnswer {
  /** As the request gave it; null when there was none or it could not be read. */
  id: string | number | null;
  ok: boolean;
  result?: unknown;
  error?: { code: string; message: string; status?: number };
}

type Command = (vm: VirtualMachine, given: ControlArguments) => unknown;

const items = (list: readonly Item[]) => list.map(({ key, value }) => ({ key, value: toJsonValue(value) }));
/** Reads the arguments, makes sure that they are all, then acts. */
const command =
  <T>(read: (given: ControlArguments) => T, act: (vm: VirtualMachine, given: T) => unknown): Command =>
  (vm, given) => {
    const wanted = read(given);
    given.end();
    return act(vm, wanted);
  };
const plain = (act: (vm: VirtualMachine) => unknown): Command => command(() => undefined, act);

const keyAndValue = (given: ControlArguments) => ({ key: given.text('key'), value: given.value('value') });
const guidAndConfiguration = (given: ControlArguments) => {
  const guid = given.text('guid');
  return { guid, configuration: given.configuration('configuration', guid) };
};

const COMMANDS: Readonly<Record<string, Command>> = {
  status: plain(statusOf),
  add: command(keyAndValue, (vm, { key, value }) => vm.add(key, value)),
  modify: command(keyAndValue, (vm, { key, value }) => vm.modify(key, value)),
  remove: command(
    (given) => given.text('key'),
    (vm, key) => vm.remove(key),
  ),
  list: plain((vm) => vm.list().map(({ value, ...item }) => ({ ...item, value: toJsonValue(value) }))),
  get: command(
    (given) => ({
      key: given.text('key'),
      pool: given.integer('pool', 0, POOL_COUNT - 1, POOL_EXTERNAL),
      by: given.choice('by', ['get', 'enumerate'] as const, 'get'),
    }),
    async (vm, { key, ...how }) => {
      const value = await vm.get(key, how);
      if (value === undefined) throw new KvpError('ERR_HOST_NOT_FOUND', { detail: key });
      return { key, value: toJsonValue(value) };
    },
  ),
  guest: plain(async (vm) => items(await vm.guestItems())),
  intrinsics: plain(async (vm) => items(await vm.intrinsics())),
  enumerate: command(
    (given) => given.integer('pool', 0, POOL_COUNT - 1),
    async (vm, pool) => items(await vm.enumerate(pool)),
  ),
  'get-ip': command(
    (given) => given.text('mac'),
    (vm, mac) => vm.getIp(mac),
  ),
  'set-ip': command(guidAndConfiguration, (vm, { guid, configuration }) => vm.setIp(guid, configuration)),
  'failover-set': command(guidAndConfiguration, (vm, { guid, configuration }) => vm.setFailover(guid, configuration)),
  'failover-clear': command(
    (given) => given.text('guid'),
    (vm, guid) => vm.setFailover(guid, undefined),
  ),
  'failover-list': plain((vm) => vm.failoverSettings()),
  failover: plain((vm) => restarted(vm, () => vm.failover())),
  boot: plain((vm) => restarted(vm, () => vm.boot())),
  'save-restore': plain((vm) => restarted(vm, () => vm.saveRestore())),
  migrate: command(
    (given) => given.text('host'),
    (vm, host) => restarted(vm, () => vm.migrate({ HostName: host, PhysicalHostNameFullyQualified: host })),
  ),
  fault: command(faultFrom, (vm, fault) => vm.fault(fault)),
  faults: plain((vm) => vm.faults),
  'faults-clear': plain((vm) => vm.clearFaults()),
  raw: command((given) => given.hex('payload', MAX_RAW_BYTES), sendRaw),
  oversize: command(
    (given) => given.integer('bytes', 0, MAX_RAW_BYTES),
    (vm, bytes) => sendRaw(vm, oversizedPayload(bytes)),
  ),
};

export const CONTROL_COMMANDS: readonly string[] = Object.keys(COMMANDS);

/** Whatever is wrong with the line becomes the answer. `status` adds to what the command of that name tells. */
export async function answerControlLine(
  vm: VirtualMachine,
  line: string,
  status: () => object = () => ({}),
): Promise<ControlAnswer> {
  requireMachine(vm);
  requireText('line', line);
  requireFunction('status', status);
  let id: ControlAnswer['id'] = null;
  try {
    const request = parse(line);
    const given = request['id'];
    if (typeof given === 'string' || typeof given === 'number') id = given;
    const name = request['command'];
    const run = typeof name === 'string' && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (run === undefined) throw new KvpError('ERR_HOST_COMMAND', { detail: 'unknown', actual: JSON.stringify(name) });
    const result = (await run(vm, new ControlArguments(request))) ?? null;
    return { id, ok: true, result: name === 'status' ? { ...status(), ...(result as object) } : result };
  } catch (error) {
    return controlFailure(id, error);
  }
}

export function requireMachine(vm: VirtualMachine): void {
  if (!(vm instanceof VirtualMachine)) throw wrong('vm', 'a VirtualMachine', vm);
}

export function controlFailure(id: ControlAnswer['id'], error: unknown): ControlAnswer {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof KvpError || error instanceof MisuseError ? error.code : 'ERR_INTERNAL';
  const status = error instanceof GuestStatusError ? { status: error.status } : {};
  return { id, ok: false, error: { code, message, ...status } };
}

function parse(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new KvpError('ERR_HOST_COMMAND', { detail: 'the line is not JSON', cause });
  }
  if (!isRecord(value)) throw new KvpError('ERR_HOST_COMMAND', { detail: 'a command is a JSON object' });
  return value;
}

function statusOf(vm: VirtualMachine): object {
  const { agreed } = vm;
  return {
    state: vm.state,
    framework: agreed === undefined ? null : formatVersion(agreed.framework),
    message: agreed === undefined ? null : formatVersion(agreed.message),
    failure: vm.failure?.message ?? null,
    pending: pendingOf(vm),
    msSinceAnswer: vm.msSinceAnswer === undefined ? null : Math.round(vm.msSinceAnswer),
    adapters: vm.adapters.map((adapter) => ({ ...adapter, ip: vm.observed.ip.get(adapter.mac) ?? null })),
    observed: {
      msAgo: vm.msSinceRefresh === undefined ? null : Math.round(vm.msSinceRefresh),
      guest: items(vm.observed.guest),
      intrinsics: items(vm.observed.intrinsics),
      ip: [...vm.observed.ip.values()],
    },
  };
}

function pendingOf({ pending }: VirtualMachine): object {
  const { request, ms = 0, limitMs = 0, waiting } = pending;
  if (request === undefined) return { request: null, waiting };
  const times = { ms: Math.round(ms), limitMs };
  if (request.kind === 'raw') return { request: { operation: 'raw', ...times }, waiting };
  const { message } = request;
  const key = 'key' in message && message.key !== undefined ? { key: message.key } : {};
  const names = { operation: faultTarget(message.operation), pool: poolNames.of(message.pool) };
  return { request: { ...names, ...key, ...times }, waiting };
}

/** The guest comes back in its own time: `status` tells. */
function restarted(vm: VirtualMachine, act: () => void): { state: string } {
  act();
  return { state: vm.state };
}

async function sendRaw(vm: VirtualMachine, payload: Uint8Array): Promise<{ answer: string }> {
  return { answer: Array.from(await vm.sendRaw(payload), hexByte).join('') };
}

function faultFrom(given: ControlArguments): Fault {
  const kind = given.choice('kind', ['delay', 'drop', 'corrupt'] as const);
  const target = given.choice('on', ['', ...FAULT_TARGETS] as const, '');
  const on = target === '' ? {} : { on: target };
  switch (kind) {
    case 'delay':
      return { kind, ...on, ms: given.integer('ms', 0, 3_600_000) };
    case 'drop':
      return { kind, ...on };
    case 'corrupt':
      return { kind, ...on, offset: given.integer('offset', 0, 0xffff), mask: given.integer('mask', 1, 0xff, 0xff) };
  }
}

const hexByte = (byte: number) => byte.toString(16).padStart(2, '0');
