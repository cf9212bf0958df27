/** A plan for a tree of files that no kernel runs on: an image, a container's root, a test. */

import { requireObject, requirePath } from '../../arguments.js';
import { requireConfiguration, requireManager, requireTarget } from '../arguments.js';
import type { Backend, Carrier, TargetInterface } from '../backends/backend.js';
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

/** As many as lie upon one another anywhere. */
const MAX_CARRIERS = 8;

/**
 * What the files say is the present. For a port of a bridge or bond, and for what has its only settings in a VLAN, it is a
 * plan for that. Throws ERR_NET_FILE, ERR_NET_INTERFACE, ERR_NET_BACKEND.
 */
export function planTree(request: TreeRequest): Plan {
  requireObject('request', request);
  const { root, target: asked, wanted, manager = 'auto' } = request;
  requirePath('root', root);
  requireTarget('target', asked);
  requireConfiguration('wanted', wanted);
  requireManager('manager', manager);
  const files = new ConfigFiles(root);
  const notes: string[] = [];
  let target = asked;
  let choice = chooseBackend(files, target, manager);
  for (let hops = 0; hops < MAX_CARRIERS; hops++) {
    const carrier = choice.backend.carrierOf?.(files, target) ?? onlyVlan(choice.backend, files, target);
    if (carrier === undefined) break;
    notes.push(carrierNote(target.name, carrier.name));
    target = asTarget(carrier);
    choice = { ...choice, reason: whyOf(choice.backend, files, target) ?? `${carrier.path} has it` };
  }
  return makePlan({ files, target, ...choice, present: choice.backend.read(files, target) ?? NOTHING, wanted, notes });
}

/** The manager of the port has what it is a port of, with or without settings for that. */
function whyOf(backend: Backend, files: ConfigFiles, target: TargetInterface): string | undefined {
  const charge = backend.inCharge(files, target);
  if (charge.answer === 'unreadable') throw charge.error;
  return charge.answer === 'yes' ? charge.reason : undefined;
}

/** The one that has settings where the interface itself has none. */
function onlyVlan(backend: Backend, files: ConfigFiles, target: TargetInterface): Carrier | undefined {
  if (hasSettings(backend, files, target)) return undefined;
  const vlans = (backend.vlansOn?.(files, target) ?? []).filter((vlan) => hasSettings(backend, files, asTarget(vlan)));
  return vlans.length === 1 ? vlans[0] : undefined;
}

function hasSettings(backend: Backend, files: ConfigFiles, target: TargetInterface): boolean {
  const { dhcp, addresses } = backend.read(files, target) ?? NOTHING;
  return dhcp || addresses.length > 0;
}

const asTarget = ({ name, kind }: Carrier): TargetInterface => ({ name, index: 0, mac: undefined, kind });

export const carrierNote = (asked: string, carrier: string): string =>
  `${carrier} has the addresses of ${asked}, so it is ${carrier} that changes.`;
