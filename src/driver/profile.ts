/**
 * What differs between the two operating systems whose driver this package stands in for. Everything else in the
 * session is common. Sources: protocol.md 4.2 to 4.4; the choices that are ours are listed in docs/differences.md.
 */
import {
  DAEMON_MESSAGE_BYTES,
  FREEBSD_DAEMON_MESSAGE_BYTES,
  OPERATION_REGISTER,
  OPERATION_REGISTER1,
} from '../wire/daemon-message.js';

export type ProfileName = 'linux' | 'freebsd';

export interface Profile {
  readonly name: ProfileName;
  /** Every message in either direction has at least this many bytes; those sent have exactly this many. */
  readonly messageBytes: number;
  /** First bytes that a daemon may register with. */
  readonly registrations: readonly number[];
  /** The driver answers a registration, and the daemon counts as registered when it has read that answer. */
  readonly repliesToRegistration: boolean;
  /** A read before the registration sleeps, or fails with EPERM. */
  readonly readsBeforeRegistration: 'sleep' | 'EPERM';
  /** What the write of an answer gives that comes after its request has timed out. The answer is dropped either way. */
  readonly lateAnswer: 'EINVAL' | 'accepted';
  /** poll reports a request until it is answered, not only until it is read. */
  readonly pollsUntilAnswered: boolean;
  /** Milliseconds from taking a request out of the ring to answering it without the daemon. */
  readonly timeoutMs: number;
}

const LINUX: Profile = {
  name: 'linux',
  messageBytes: DAEMON_MESSAGE_BYTES,
  registrations: [OPERATION_REGISTER1, OPERATION_REGISTER],
  repliesToRegistration: true,
  readsBeforeRegistration: 'sleep',
  lateAnswer: 'EINVAL',
  pollsUntilAnswered: false,
  timeoutMs: 30_000,
};

const FREEBSD: Profile = {
  name: 'freebsd',
  messageBytes: FREEBSD_DAEMON_MESSAGE_BYTES,
  registrations: [OPERATION_REGISTER],
  repliesToRegistration: false,
  readsBeforeRegistration: 'EPERM',
  lateAnswer: 'accepted',
  pollsUntilAnswered: true,
  timeoutMs: 5_000,
};

export const PROFILES: Readonly<Record<ProfileName, Profile>> = { linux: LINUX, freebsd: FREEBSD };
