/** The network managers that a wanted configuration can be handed to. */
import type { Backend } from './backend.js';
import { networkd } from './networkd.js';
import { networkmanager } from './networkmanager.js';

export const BACKENDS: readonly Backend[] = [networkmanager, networkd];
