/** A simulated Hyper-V host: the other end of the channel, with the operations that an administrator has. */

export type { Clock } from '../clock.js';
export { normalizeGuid, normalizeMac, type VirtualAdapter, virtualAdapter } from './adapters.js';
export {
  type ControlOptions,
  type ControlServer,
  defaultControlPath,
  MAX_CONTROL_LINE_BYTES,
  serveControl,
} from './control.js';
export { callControl, RemoteError } from './control-client.js';
export { answerControlLine, CONTROL_COMMANDS, type ControlAnswer } from './control-commands.js';
export { describeHost, descriptionItems, type HostDescription, type Identity } from './description.js';
export type { HostEvent } from './events.js';
export { FAULT_TARGETS, type Fault, type FaultTarget, MAX_RAW_BYTES, oversizedPayload } from './faults.js';
export type { Item } from './guest.js';
export { GuestStatusError } from './guest-status-error.js';
export type { IpConfiguration } from './ip-configuration.js';
export type { Change } from './item-changes.js';
export type { ItemValue } from './item-limits.js';
export { type HostItem, MAX_HOST_ITEMS } from './items.js';
export type { Pending } from './link.js';
export {
  HostMachine,
  type HostRequest,
  type MachineOptions,
  type MachineOutput,
  type MachineState,
} from './machine.js';
export type { VirtualMachineOptions } from './options.js';
export { type PersistentState, stateFromText, stateToText } from './persistent-state.js';
export type { Observed } from './refresh.js';
export { systemClock } from './run.js';
export { openStateFile, type StateFile } from './state.js';
export { type Tap, type TapRecord, transcriptLine } from './transcript.js';
export { type Agreed, KVP_VERSION_NAMES, type KvpVersionName, offerUpTo } from './versions.js';
export { VirtualMachine } from './virtual-machine.js';
