/** What differs between the device protocols of Linux and FreeBSD (protocol.md 4.2, 4.4, 5.1). */
import {
  DAEMON_MESSAGE_BYTES,
  FREEBSD_DAEMON_MESSAGE_BYTES,
  OPERATION_REGISTER,
  OPERATION_REGISTER1,
} from '../wire/daemon-message.js';

export type ProfileName = 'linux' | 'freebsd';

export interface Profile {
  readonly name: ProfileName;
  readonly devicePath: string;
  readonly poolDirectory: string;
  readonly messageBytes: number;
  readonly registration: number;
  /** Linux answers a registration with its version text; FreeBSD says nothing. */
  readonly registrationIsAnswered: boolean;
  /** The daemon's own limit for one request, below the driver's timer (30 s, 5 s). */
  readonly deadlineMs: number;
  /** Whether key and value sizes are right. FreeBSD's driver halves them. */
  readonly trustsSizes: boolean;
  /** FreeBSD refuses SET and DELETE on pool 2; Linux changes the file, which enumeration never reads. */
  readonly writesPoolAuto: boolean;
}

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  linux: {
    name: 'linux',
    devicePath: '/dev/vmbus/hv_kvp',
    poolDirectory: '/var/lib/hyperv',
    messageBytes: DAEMON_MESSAGE_BYTES,
    registration: OPERATION_REGISTER1,
    registrationIsAnswered: true,
    deadlineMs: 25_000,
    trustsSizes: true,
    writesPoolAuto: true,
  },
  freebsd: {
    name: 'freebsd',
    devicePath: '/dev/hv_kvp_dev',
    poolDirectory: '/var/db/hyperv/pool',
    messageBytes: FREEBSD_DAEMON_MESSAGE_BYTES,
    registration: OPERATION_REGISTER,
    registrationIsAnswered: false,
    deadlineMs: 4_000,
    trustsSizes: false,
    writesPoolAuto: false,
  },
};
