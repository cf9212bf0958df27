/** Which network manager is in charge of an interface. */
import { KvpError } from '../../errors.js';
import type { Backend, TargetInterface } from '../backends/backend.js';
import { BACKENDS, type BackendName } from '../backends/index.js';
import type { ConfigFiles } from '../config-files.js';
import { checkTarget } from './target.js';

/** A manager that somebody chose, or whichever is in charge. */
export type ManagerChoice = BackendName | 'auto';

export interface Detected {
  backend: Backend;
  /** In one line, for people. */
  reason: string;
}

/**
 * Throws ERR_NET_FILE for a file that the manager in charge has and that cannot be read, ERR_NET_BACKEND where none of `among` is in charge, or the chosen one is not among them, and ERR_NET_INTERFACE
 * for a name that is none.
 */
export function chooseBackend(
  files: ConfigFiles,
  target: TargetInterface,
  manager: ManagerChoice,
  among: readonly Backend[] = BACKENDS,
): Detected {
  checkTarget(target);
  if (manager !== 'auto') {
    const backend = among.find(({ name }) => name === manager);
    if (backend === undefined) throw new KvpError('ERR_NET_BACKEND', { detail: manager });
    return { backend, reason: 'as asked' };
  }
  // Whoever has settings for the interface goes before whoever would take it up.
  for (const ask of ['inCharge', 'takesUp'] as const) {
    for (const backend of among) {
      const charge = backend[ask]?.(files, target);
      if (charge?.answer === 'unreadable') throw charge.error;
      if (charge?.answer === 'yes') return { backend, reason: charge.reason };
    }
  }
  throw new KvpError('ERR_NET_BACKEND', { detail: `nothing manages ${target.name}` });
}
