/** Which network manager is in charge of an interface. */
import { KvpError } from '../../errors.js';
import type { Backend, BackendName, TargetInterface } from '../backends/backend.js';
import { BACKENDS } from '../backends/index.js';
import type { ConfigFiles } from '../config-files.js';

/** A manager that somebody chose, or whichever is in charge. */
export type ManagerChoice = BackendName | 'auto';

export interface Detected {
  backend: Backend;
  /** In one line, for people. */
  reason: string;
}

/** Throws ERR_NET_BACKEND where none of `among` is in charge, or the chosen one is not among them. */
export function chooseBackend(
  files: ConfigFiles,
  target: TargetInterface,
  manager: ManagerChoice,
  among: readonly Backend[] = BACKENDS,
): Detected {
  for (const backend of among) {
    if (manager === backend.name) return { backend, reason: 'as asked' };
    const reason = manager === 'auto' ? backend.inCharge(files, target) : undefined;
    if (reason !== undefined) return { backend, reason };
  }
  const detail = manager === 'auto' ? `nothing manages ${target.name}` : manager;
  throw new KvpError('ERR_NET_BACKEND', { detail });
}
