/** The network managers that a wanted configuration can be handed to. */
import type { Backend } from './backend.js';
import { ifcfg } from './ifcfg/ifcfg.js';
import { ifupdown } from './ifupdown/ifupdown.js';
import { iproute2 } from './iproute2/iproute2.js';
import { netplan } from './netplan/netplan.js';
import { networkd } from './networkd/networkd.js';
import { networkmanager } from './networkmanager/networkmanager.js';
import { rcconf } from './rcconf/rcconf.js';
import { script } from './script/script.js';
import { wicked } from './wicked/wicked.js';

/** In the order in which they are asked whether they are in charge: the last one always takes an interface up. */
const ALL = [netplan, networkmanager, networkd, wicked, ifcfg, ifupdown, rcconf, script, iproute2] as const;

export type BackendName = (typeof ALL)[number]['name'];

export const BACKENDS: readonly Backend<BackendName>[] = ALL;

export const BACKEND_NAMES: readonly BackendName[] = BACKENDS.map(({ name }) => name);
