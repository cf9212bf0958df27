/**
 * At boot the daemon is there before the network manager, and a host sends what it stored for a failover at once. A
 * manager that systemd is about to start is waited for, as its programs would fail.
 */
import { setTimeout as pass } from 'node:timers/promises';
import type { Backend, TargetInterface } from '../backends/backend.js';
import { isEnabled } from '../backends/enabled-service.js';
import type { ConfigFiles } from '../config-files.js';

const LOOK_EVERY_MS = 100;

/** Whether the manager starts with the machine and has not come to this interface yet. */
export function isStarting(files: ConfigFiles, { services = [] }: Backend, target: TargetInterface): boolean {
  return (
    services.some(({ unit }) => isEnabled(files, unit)) &&
    !services.some(({ stateFiles }) => stateFiles(target).every((path) => files.exists(path)))
  );
}

/** Resolves once it is so no more, after `withinMs` at the latest. Rejects with the signal's reason. */
export async function whileStarting(
  isStarting: () => boolean,
  { withinMs, signal }: { withinMs: number; signal?: AbortSignal | undefined },
): Promise<void> {
  const end = performance.now() + withinMs;
  while (isStarting() && performance.now() < end) {
    await pass(LOOK_EVERY_MS);
    signal?.throwIfAborted();
  }
}
