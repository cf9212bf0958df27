/** The daemon on real time: what a program that embeds it calls. */

import {
  optional,
  requireBoolean,
  requireChoice,
  requireMethods,
  requireMilliseconds,
  requireObject,
} from '../../arguments.js';
import type { Clock } from '../../clock.js';
import type { DeviceClient } from '../../device/port.js';
import { DeviceLoop } from '../device-loop.js';
import type { Ports } from '../dispatch.js';
import { type Logger, RateLimitedLogger, silentLogger } from '../log.js';
import { PROFILES, type ProfileName } from '../profile.js';
import { systemClock } from './clock.js';

export interface DaemonOptions extends Ports {
  device: DeviceClient;
  profile?: ProfileName;
  /** Says nothing without one. Lines of one kind are rate-limited. */
  logger?: Logger;
  /** Log every request with its values, at debug level. Default false. */
  logRequests?: boolean;
  /** Keep trying when the device cannot be opened at first. Default false: `registered` and `done` reject. */
  waitForDevice?: boolean;
  /** Milliseconds until a request is answered as failed. Default: 25 s on Linux, 4 s on FreeBSD. */
  deadlineMs?: number;
  /** For tests. */
  clock?: Clock;
}

export interface Daemon {
  /** Resolves at the first registration; rejects when the daemon ended before. */
  readonly registered: Promise<void>;
  /** Resolves after `stop`; rejects with ERR_DEVICE when the device could not be opened at first. */
  readonly done: Promise<void>;
  /** Whether a request is being served. */
  readonly busy: boolean;
  /** Ends at once when idle, else after the answer in hand, at the latest after 5 s. Ports are the caller's to close. */
  stop(): Promise<void>;
}

/** Throws MisuseError for an option that is not what it must be. */
function checkOptions(options: DaemonOptions): void {
  requireObject('options', options);
  requireMethods('device', options.device, 'open');
  requireMethods('pools', options.pools, 'get', 'set', 'delete', 'at');
  requireMethods('net', options.net, 'ipInfoByMac', 'setIpInfo');
  requireMethods('intrinsics', options.intrinsics, 'at');
  if (options.profile !== undefined) requireChoice('profile', options.profile, Object.keys(PROFILES));
  if (options.logger !== undefined) requireMethods('logger', options.logger, 'debug', 'info', 'warn', 'error');
  for (const name of ['logRequests', 'waitForDevice'] as const) optional(requireBoolean, name, options[name]);
  optional(requireMilliseconds, 'deadlineMs', options.deadlineMs);
  if (options.clock !== undefined) requireMethods('clock', options.clock, 'now', 'after');
}

const STOP_WITHIN_MS = 5_000;

/**
 * Serves a device until it is stopped.
 *
 * ```ts
 * const daemon = runDaemon({ device, pools, net, intrinsics });
 * await daemon.registered;
 * // ...
 * await daemon.stop();
 * ```
 */
export function runDaemon(options: DaemonOptions): Daemon {
  checkOptions(options);
  const clock = options.clock ?? systemClock;
  const profile = PROFILES[options.profile ?? 'linux'];
  const { logger: given = silentLogger } = options;
  const logger = given instanceof RateLimitedLogger ? given : new RateLimitedLogger(given, clock);
  const loop = new DeviceLoop({
    device: options.device,
    pools: options.pools,
    net: options.net,
    intrinsics: options.intrinsics,
    profile: { ...profile, deadlineMs: options.deadlineMs ?? profile.deadlineMs },
    clock,
    logger,
    logRequests: options.logRequests ?? false,
    waitForDevice: options.waitForDevice ?? false,
    stopWithinMs: STOP_WITHIN_MS,
  });
  void loop.done.finally(() => logger.end()).catch(() => {});
  return {
    registered: loop.registered,
    done: loop.done,
    get busy() {
      return loop.busy;
    },
    stop() {
      loop.stop();
      return loop.done;
    },
  };
}
