/** The real clock of a virtual machine. */
import type { Clock } from '../clock.js';

/** Timers do not keep the process alive: what serves the machine (a socket, a device) does. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
