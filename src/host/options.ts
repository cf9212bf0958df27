import {
  optional,
  requireBoolean,
  requireChoice,
  requireFunction,
  requireInteger,
  requireList,
  requireMethods,
  requireMilliseconds,
  requireObject,
  requireText,
} from '../arguments.js';
import type { ChannelEnd } from '../channel/end.js';
import type { Clock } from '../clock.js';
import type { VirtualAdapter } from './adapters.js';
import type { HostDescription } from './description.js';
import { checkState, type PersistentState } from './persistent-state.js';
import type { Tap } from './transcript.js';
import type { KvpVersionName } from './versions.js';

export const GET_BY = ['get', 'enumerate'] as const;
export type GetBy = (typeof GET_BY)[number];

export interface VirtualMachineOptions {
  /** The host's end of the channel. It is used from `boot` on; its owner closes it. */
  channel: ChannelEnd;
  /** Default: the real clock, whose timers keep no process alive. */
  clock?: Clock;
  /** As `Get-VM` would show it. Default "hv-kvp". */
  name?: string;
  /** GUID without braces. Default: a fixed one. */
  id?: string;
  /** Fully qualified name of the physical host. Default "host.example". */
  host?: string;
  /** Replaces single items of pool 3. */
  description?: Partial<HostDescription>;
  adapters?: readonly VirtualAdapter[];
  /** Newest message version offered. Default "4.0", the newest that any guest driver knows; "5.0" has binary IP. */
  kvpVersion?: KvpVersionName;
  /** How long the guest may take for one request. Default 60,000. */
  requestTimeoutMs?: number;
  /** From the end of a periodic refresh to the next. Default 5,000; 0 for none. */
  refreshIntervalMs?: number;
  /** `get` asks by GET, or enumerates until the key matches as OpenVMM does. Default `get`. */
  getBy?: GetBy;
  /** `remove` of a key that is not there: an error as on Windows Server 2008 R2 and 2012 (default), or fine as on 2012 R2. */
  removeMissing?: 'error' | 'ok';
  /** Items of one enumeration before it counts as endless. Default 16,384. */
  maxEnumeration?: number;
  /** What an earlier machine handed to `persist`. */
  state?: PersistentState;
  /**
   * Fail the channel (ERR_HOST_REMARK) on what hosts tolerate although no guest should send it. Default false: the event
   * `remarks` says what it was.
   */
  strict?: boolean;
  /**
   * Called with the state after a change, before anything changes in memory or in the guest. A rejection rejects the
   * operation, which then has changed nothing. Called with the old state when the guest refuses the change.
   */
  persist?: (state: PersistentState) => Promise<void>;
  /** Sees every payload, both ways. */
  tap?: Tap;
}

export const requireChannel = (channel: ChannelEnd): void =>
  requireMethods('channel', channel, 'receive', 'send', 'onDoorbell', 'close');

/** Throws MisuseError, or the limits of what the state holds. The description is checked where it is made. */
export function checkOptions(options: VirtualMachineOptions): void {
  requireObject('options', options);
  requireChannel(options.channel);
  if (options.clock !== undefined) requireMethods('clock', options.clock, 'now', 'after');
  for (const name of ['name', 'id', 'host'] as const) optional(requireText, name, options[name]);
  optional(requireObject, 'description', options.description);
  optional(requireList, 'adapters', options.adapters);
  for (const adapter of options.adapters ?? []) requireObject('an adapter', adapter);
  optional(requireMilliseconds, 'requestTimeoutMs', options.requestTimeoutMs);
  optional(requireMilliseconds, 'refreshIntervalMs', options.refreshIntervalMs);
  if (options.getBy !== undefined) requireChoice('getBy', options.getBy, GET_BY);
  if (options.removeMissing !== undefined) requireChoice('removeMissing', options.removeMissing, ['error', 'ok']);
  if (options.maxEnumeration !== undefined) requireInteger('maxEnumeration', options.maxEnumeration, 1, 2 ** 31 - 1);
  if (options.state !== undefined) checkState(options.state);
  optional(requireBoolean, 'strict', options.strict);
  optional(requireFunction, 'persist', options.persist);
  optional(requireFunction, 'tap', options.tap);
}
