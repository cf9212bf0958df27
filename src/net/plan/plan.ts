/** What would change, exactly: for a person to review and for `apply` to carry out. */
import type { Activation, Backend, FileChange, TargetInterface } from '../backends/backend.js';
import type { ConfigFiles } from '../config-files.js';
import { type IpConfiguration, sameConfiguration } from '../configuration.js';
import { type Difference, differences } from './differences.js';

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
}

/** Throws what the backend's `render` throws. */
export function makePlan({ files, target, backend, reason, present, wanted }: PlanInput): Plan {
  const written = backend.read(files, target);
  const changes =
    written !== undefined && sameConfiguration(written, wanted) ? [] : backend.render(files, target, wanted);
  const different = differences(present, wanted);
  const empty = different.length === 0 && changes.length === 0;
  return {
    target,
    backend,
    reason,
    wanted,
    present,
    differences: different,
    files: changes,
    activation: empty ? { before: [], after: [] } : backend.activate(files, target, { from: present, to: wanted }),
    empty,
  };
}
