/** The network managers that a wanted configuration can be handed to. */
import type { Backend } from './backend.js';
import { netplan } from './netplan.js';
import { networkd } from './networkd.js';
import { networkmanager } from './networkmanager.js';

export const BACKENDS: readonly Backend[] = [netplan, networkmanager, networkd];
