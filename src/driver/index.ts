/** The guest driver: the end of a VMBus channel, the KVP state machine and the driver's end of the device. */
export type { AnswerReason, DriverEvent } from './events.js';
export type { DriverOptions } from './options.js';
export { PROFILES, type Profile, type ProfileName } from './profile.js';
export { type RunDriverOptions, type RunningDriver, runDriver } from './run.js';
export { createDriverSession, type DriverSession } from './session.js';
export type { StateName } from './state.js';
export type { DriverCodec } from './translate.js';
