/** What a driver session is made of. */
import {
  optional,
  requireChoice,
  requireFunction,
  requireMethods,
  requireMilliseconds,
  requireObject,
  requireUnsigned,
} from '../arguments.js';
import type { ChannelEnd } from '../channel/end.js';
import { PROFILES, type ProfileName } from './profile.js';
import type { DriverCodec, Version } from './translate.js';

export interface DriverOptions {
  /** The guest's end. The session subscribes to its doorbell and never closes it. */
  channel: ChannelEnd;
  codec: DriverCodec;
  /** Monotonic milliseconds; `nextDeadline` and `tick` are in the same unit. */
  clock: () => number;
  /** Default 'linux'. */
  profile?: ProfileName;
  /** The highest message version to agree to. Default 5.0, whose binary IP block the session translates for the daemon. */
  maxMessageVersion?: Version;
  /**
   * The name of an interface ("hn0") by the adapter id that a host sends with SET_IP_INFO ("{GUID}"); undefined leaves
   * the id. FreeBSD's driver gives its daemon names, Linux's does not; default: no names.
   */
  interfaceName?: (adapterId: string) => string | undefined;
  /** Default: the profile's, 30,000 or 5,000. */
  timeoutMs?: number;
  /** Called whenever `nextDeadline()` may have changed. */
  onDeadline?: () => void;
  /**
   * Runs work after the current call has returned; default `queueMicrotask`. A device call only changes the state;
   * what follows from it (answers, the next request, waking readers) happens here, so that nobody is called back from
   * within his own call.
   */
  defer?: (work: () => void) => void;
}

export const requireChannel = (channel: ChannelEnd): void =>
  requireMethods('channel', channel, 'receive', 'send', 'onDoorbell', 'close');

/** Throws MisuseError for an option that is not what it must be. */
export function checkOptions(options: DriverOptions): void {
  requireObject('options', options);
  requireChannel(options.channel);
  requireMethods('codec', options.codec, 'hostToDaemon', 'daemonToHost');
  requireFunction('clock', options.clock);
  if (options.profile !== undefined) requireChoice('profile', options.profile, Object.keys(PROFILES));
  const { maxMessageVersion } = options;
  if (maxMessageVersion !== undefined) {
    requireObject('maxMessageVersion', maxMessageVersion);
    requireUnsigned('maxMessageVersion.major', maxMessageVersion.major, 16);
    requireUnsigned('maxMessageVersion.minor', maxMessageVersion.minor, 16);
  }
  optional(requireMilliseconds, 'timeoutMs', options.timeoutMs);
  for (const name of ['interfaceName', 'onDeadline', 'defer'] as const) optional(requireFunction, name, options[name]);
}
