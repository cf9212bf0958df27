/** What differs between the device protocols of Linux and FreeBSD (protocol.md 4.2, 4.4, 5.1). */
import { DAEMON_MESSAGE_BYTES, FREEBSD_DAEMON_MESSAGE_BYTES } from '../wire/daemon-message.js';

export type ProfileName = 'linux' | 'freebsd';

export interface Profile {
  readonly name: ProfileName;
  readonly devicePath: string;
  readonly poolDirectory: string;
  readonly messageBytes: number;
  /** Linux answers a registration with its version text; FreeBSD says nothing. */
  readonly registrationIsAnswered: boolean;
  /** The daemon's own limit for one request, below the driver's timer (30 s, 5 s). */
  readonly deadlineMs: number;
  /** FreeBSD refuses SET and DELETE on pool 2; Linux changes the file, which enumeration never reads. */
  readonly writesPoolAuto: boolean;
}

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  linux: {
    name: 'linux',
    devicePath: '/dev/vmbus/hv_kvp',
    poolDirectory: '/var/lib/hyperv',
    messageBytes: DAEMON_MESSAGE_BYTES,
    registrationIsAnswered: true,
    deadlineMs: 25_000,
    writesPoolAuto: true,
  },
  freebsd: {
    name: 'freebsd',
    devicePath: '/dev/hv_kvp_dev',
    poolDirectory: '/var/db/hyperv/pool',
    messageBytes: FREEBSD_DAEMON_MESSAGE_BYTES,
    registrationIsAnswered: false,
    deadlineMs: 4_000,
    writesPoolAuto: false,
  },
};
