import type { GuestSystem, SystemName } from '../guest-system.js';
import { ifupdown } from './ifupdown.js';
import { iproute2 } from './iproute2.js';
import { netplan, networkd } from './networkd.js';
import { networkmanager } from './networkmanager.js';

export const GUEST_SYSTEMS: Readonly<Record<SystemName, GuestSystem>> = {
  iproute2,
  networkd,
  networkmanager,
  ifupdown,
  netplan,
};
