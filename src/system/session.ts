/** One whole session on a machine, for people to watch and for tests to record: what `npm start` shows. */
import { requireFunction, requireMethods, requireObject } from '../arguments.js';
import type { DriverEvent } from '../driver/index.js';
import type { HostEvent } from '../host/index.js';
import type { Machine } from './machine.js';

/** What happened, by whom, and when (milliseconds since the session began). */
export type SessionEvent = { at: number } & (
  | { who: 'host'; event: HostEvent }
  | { who: 'driver'; event: DriverEvent }
  | { who: 'guest program'; event: { what: 'published'; pool: string; key: string; value: string } }
);

export interface SessionOptions {
  /** Publishes an item as a guest program would: in another process, through the pool files. */
  publish: (pool: string, key: string, value: string) => Promise<void>;
  onEvent: (event: SessionEvent) => void;
  /** Stops between two steps. */
  signal?: AbortSignal;
}

/**
 * Boots `machine`, which must be off, and plays an administrator, a guest program and a host's console: items pushed,
 * added, modified and removed; guest items and intrinsics enumerated; each interface's IP configuration read by its
 * MAC; one item read back by GET.
 */
export async function playSession(machine: Machine, options: SessionOptions): Promise<void> {
  requireObject('machine', machine);
  for (const part of ['vm', 'driver', 'daemon', 'net'] as const) requireObject(`machine.${part}`, machine[part]);
  requireObject('options', options);
  const { publish, onEvent, signal } = options;
  requireFunction('publish', publish);
  requireFunction('onEvent', onEvent);
  if (signal !== undefined) requireMethods('signal', signal, 'throwIfAborted');
  const started = performance.now();
  const at = () => performance.now() - started;
  const { vm, driver, daemon, net } = machine;
  const unsubscribe = [
    vm.onEvent((event) => onEvent({ at: at(), who: 'host', event })),
    driver.session.onEvent((event) => onEvent({ at: at(), who: 'driver', event })),
  ];
  try {
    vm.boot();
    await daemon.registered;
    await vm.ready();

    const steps: (() => Promise<unknown>)[] = [
      () => vm.add('city', 'Zürich'),
      () => vm.add('role', 'web'),
      () => vm.modify('role', 'web;mail'),
      () => vm.add('scratch', 'soon gone'),
      () => vm.remove('scratch'),
      async () => {
        const item = { pool: 'guest', key: 'state', value: 'ready ✓' };
        await publish(item.pool, item.key, item.value);
        onEvent({ at: at(), who: 'guest program', event: { what: 'published', ...item } });
      },
      () => vm.guestItems(),
      () => vm.intrinsics(),
      // An interface without a MAC (a tunnel) has no name that a host could ask by.
      ...net.interfaces().flatMap(({ mac }) => (mac === undefined ? [] : [() => vm.getIp(mac)])),
      () => vm.get('city'),
    ];
    for (const step of steps) {
      signal?.throwIfAborted();
      await step();
    }
  } finally {
    for (const stop of unsubscribe) stop();
  }
}
