/**
 * What the daemon's dispatch needs from the rest of the system. Both ports are injected, so that dispatch stays free
 * of files, sockets and processes.
 */

import type { IpInfoText } from '../codec/index.js';

export type { IpInfoText };

/** Bytes as the device carries them: UTF-8 without the terminating NUL. Valid until the next call on the same port. */
export type TextBytes = Uint8Array;

/** The five pools. Calls reject with a `KvpError` (ERR_POOL_*); no call affects another pool. */
export interface PoolPort {
  get(pool: number, key: TextBytes): Promise<TextBytes | undefined>;
  set(pool: number, key: TextBytes, value: TextBytes): Promise<void>;
  /** Removes every record with this key; returns how many there were. */
  delete(pool: number, key: TextBytes): Promise<number>;
  /** The record at `index` in file order, as a host enumerates; undefined past the end. */
  at(pool: number, index: number): Promise<{ key: TextBytes; value: TextBytes } | undefined>;
}

export interface NetPort {
  /** Facts for the interface with this MAC ("00:15:5D:01:02:03"); undefined when there is none. Never spawns, never waits. */
  ipInfoByMac(mac: string): Promise<Omit<IpInfoText, 'adapterId'> | undefined>;
  /** Applies a configuration; returns the status for the host (0 = verified). `signal` aborts at the daemon's deadline. */
  setIpInfo(wanted: IpInfoText, signal: AbortSignal): Promise<number>;
}

/** This machine's addresses, for the intrinsic items. */
export interface AddressesPort {
  /** Of one family, without loopback, zone and duplicates, the most useful first. Kept ready, never waits. */
  addresses(family: 4 | 6): readonly string[];
}

/** The ten intrinsic items of pool 2, in the order that the protocol fixes (protocol.md 5.5). */
export interface IntrinsicsPort {
  at(index: number): { key: string; value: string } | undefined;
  /** Told the version text that the driver answers a registration with: the value of IntegrationServicesVersion. */
  driverVersion?(text: string): void;
}
