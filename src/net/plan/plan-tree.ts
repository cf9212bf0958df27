/** A plan for a tree of files that no kernel runs on: an image, a container's root, a test. */

import { requireObject, requirePath } from '../../arguments.js';
import { requireConfiguration, requireManager, requireTarget } from '../arguments.js';
import type { TargetInterface } from '../backends/backend.js';
import { ConfigFiles } from '../config-files.js';
import type { IpConfiguration } from '../configuration.js';
import { chooseBackend, type ManagerChoice } from './detect.js';
import { makePlan, type Plan } from './plan.js';

const NOTHING: IpConfiguration = { dhcp: false, addresses: [], gateways: [], dns: [] };

export interface TreeRequest {
  /** Stands in front of every path. */
  root: string;
  target: TargetInterface;
  wanted: IpConfiguration;
  /** Default: whichever is in charge of the interface. */
  manager?: ManagerChoice;
}

/** What the files say is the present. Throws ERR_NET_FILE, ERR_NET_INTERFACE, ERR_NET_BACKEND. */
export function planTree(request: TreeRequest): Plan {
  requireObject('request', request);
  const { root, target, wanted, manager = 'auto' } = request;
  requirePath('root', root);
  requireTarget('target', target);
  requireConfiguration('wanted', wanted);
  requireManager('manager', manager);
  const files = new ConfigFiles(root);
  const choice = chooseBackend(files, target, manager);
  return makePlan({ files, target, ...choice, present: choice.backend.read(files, target) ?? NOTHING, wanted });
}
