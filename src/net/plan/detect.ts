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

/** Throws ERR_NET_BACKEND where none is in charge. */
export function detectBackend(files: ConfigFiles, target: TargetInterface): Detected {
  for (const backend of BACKENDS) {
    const reason = backend.inCharge(files, target);
    if (reason !== undefined) return { backend, reason };
  }
  throw new KvpError('ERR_NET_BACKEND', { detail: `nothing manages ${target.name}` });
}

export const backendNamed = (name: BackendName): Backend | undefined =>
  BACKENDS.find((backend) => backend.name === name);

/** Throws ERR_NET_BACKEND. */
export function chooseBackend(files: ConfigFiles, target: TargetInterface, manager: ManagerChoice): Detected {
  if (manager === 'auto') return detectBackend(files, target);
  const backend = backendNamed(manager);
  if (backend === undefined) throw new KvpError('ERR_NET_BACKEND', { detail: manager });
  return { backend, reason: 'as asked' };
}
