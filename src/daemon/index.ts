/** The guest's daemon: serves the device that the driver offers, from pools, network facts and intrinsic items. */
export type { Clock } from '../clock.js';
export { createIntrinsics, type GuestFacts, type IntrinsicsOptions } from './intrinsics.js';
export { type GuestIntrinsics, guestIntrinsics } from './lifecycle/intrinsics.js';
export { type Daemon, type DaemonOptions, runDaemon } from './lifecycle/run.js';
export { type Logger, silentLogger } from './log.js';
export type { AddressesPort, IntrinsicsPort, IpInfoText, NetPort, PoolPort, TextBytes } from './ports.js';
export { PROFILES, type Profile, type ProfileName } from './profile.js';
