/** The session with real time: the only file of this folder that owns a timer. */
import { requireObject } from '../arguments.js';
import type { ChannelEnd } from '../channel/end.js';
import type { DriverOptions } from './options.js';
import { createDriverSession, type DriverSession } from './session.js';

export interface RunningDriver {
  /** The driver's end of the device: give it to `createDevicePair` or to `serveDevice`. */
  readonly session: DriverSession;
  /** Unloads the driver: the request in progress is answered with 0x80004005, the device fails, the timer is gone. */
  stop(): void;
}

export type RunDriverOptions = Omit<DriverOptions, 'channel' | 'clock' | 'onDeadline' | 'defer'>;

/** Runs a session on `channel` until `stop`. The channel stays open: it belongs to the caller. */
export function runDriver(channel: ChannelEnd, options: RunDriverOptions): RunningDriver {
  requireObject('options', options);
  let cancel = () => {};
  let armedFor: number | undefined;
  const clock = () => performance.now();

  const arm = () => {
    const deadline = session.nextDeadline();
    if (deadline === armedFor) return;
    cancel();
    armedFor = deadline;
    if (deadline === undefined) return;
    cancel = after(Math.ceil(deadline - clock()), () => {
      armedFor = undefined;
      session.tick();
      arm();
    });
  };

  const session: DriverSession = createDriverSession({ ...options, channel, clock, onDeadline: () => arm() });
  return {
    session,
    stop: () => session.close(),
  };
}

/** What is due already comes after the IO that waits, without a timer's millisecond. Returns the canceller. */
function after(ms: number, action: () => void): () => void {
  if (ms <= 0) {
    const immediate = setImmediate(action);
    return () => clearImmediate(immediate);
  }
  const timer = setTimeout(action, ms);
  return () => clearTimeout(timer);
}
