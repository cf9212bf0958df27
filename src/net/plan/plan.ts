/** What would change, exactly: for a person to review and for `apply` to carry out. */
import { KvpError } from '../../errors.js';
import type { Activation, Backend, FileChange, TargetInterface } from '../backends/backend.js';
import type { ConfigFiles } from '../config-files.js';
import { type IpConfiguration, sameConfiguration } from '../configuration.js';
import { type Difference, differences } from '../differences.js';
import { fileError } from '../file-error.js';
import { changesForCloudInit } from './cloud-init.js';

export interface Plan {
  target: TargetInterface;
  backend: Backend;
  /** In one line, why this one. */
  reason: string;
  wanted: IpConfiguration;
  /** What the kernel had when the plan was made. */
  present: IpConfiguration;
  /** Present against wanted. */
  differences: Difference[];
  files: FileChange[];
  activation: Activation;
  /** What else a person has to know, a sentence each. */
  warnings: string[];
  /** The present state and the files are as wanted: there is nothing to do. */
  empty: boolean;
}

export interface PlanInput {
  files: ConfigFiles;
  target: TargetInterface;
  backend: Backend;
  reason: string;
  present: IpConfiguration;
  wanted: IpConfiguration;
  /** What else a person has to know, of how the target was found. */
  notes?: readonly string[];
}

const cloudInitWarning = ({ path }: FileChange): string =>
  `cloud-init may write its files anew when the machine starts; ${path} makes it leave the network alone, of all interfaces.`;

const skippedWarning = ([path, reason]: readonly [string, string]): string =>
  `${path} counts as not there, as for the manager: ${reason}.`;

const forbiddenWarning = (path: string): string => `${path} may not be read here: for root the plan may be another.`;

/**
 * Throws what the backend's `render` throws, ERR_NET_FILE for a change of a file that is no text, and ERR_NET_BACKEND for
 * one that the backend refuses, and for an interface that another one has the addresses of.
 */
export function makePlan({ files, target, backend, reason, present, wanted, notes = [] }: PlanInput): Plan {
  const carrier = backend.carrierOf?.(files, target);
  if (carrier !== undefined) {
    const detail = `${carrier.path}: ${target.name} is a port of ${carrier.name} and has no addresses of its own`;
    throw new KvpError('ERR_NET_BACKEND', { detail });
  }
  const written = backend.read(files, target);
  const rendered =
    written !== undefined && sameConfiguration(written, wanted) ? [] : backend.render(files, target, wanted);
  const kept = changesForCloudInit(files, rendered);
  const changes = [...rendered, ...kept];
  for (const { path, before } of changes)
    if (before !== undefined && !files.bytes(path)?.equals(Buffer.from(before)))
      throw fileError(path, 'it is not UTF-8');
  const different = differences(present, wanted);
  const empty = different.length === 0 && changes.length === 0;
  const change = { from: present, to: wanted };
  const refusal = empty ? undefined : backend.refusal?.(files, target, change);
  if (refusal !== undefined) throw new KvpError('ERR_NET_BACKEND', { detail: refusal });
  return {
    target,
    backend,
    reason,
    wanted,
    present,
    differences: different,
    files: changes,
    activation: empty ? { before: [], after: [] } : backend.activate(files, target, change),
    warnings: [
      ...notes,
      ...[...files.skipped].map(skippedWarning),
      ...files.forbidden.map(forbiddenWarning),
      ...kept.map(cloudInitWarning),
      ...(empty ? [] : (backend.warnings?.(files, target, change) ?? [])),
    ],
    empty,
  };
}
