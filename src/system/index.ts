/** The rooms joined: a machine for `npm start`, for tests of guest and host software, and for benches. */
export { createHardware, type Hardware, type HardwareOptions } from './hardware.js';
export { createMachine, type Machine, type MachineOptions, startMachine } from './machine.js';
export { playSession, type SessionEvent, type SessionOptions } from './session.js';
export type { Crossing, Seam, Tap } from './tap.js';
