/** The guest's network configuration: read truly, planned exactly, changed whole or not at all. */

export { type AdapterLookUp, lookUpByName, lookUpInSysfs } from './adapter.js';
export type { Outcome } from './apply/apply-plan.js';
export { createNetChanger, type NetChanger, type NetChangerOptions } from './apply/changer.js';
export type { ApplyEvent } from './apply/events.js';
export type {
  Activation,
  FileChange,
  ManagerCommand,
  TargetInterface,
} from './backends/backend.js';
export { BACKEND_NAMES, type BackendName } from './backends/index.js';
export type { InterfaceAddress, IpConfiguration } from './configuration.js';
export type { Difference } from './differences.js';
export type { ManagerChoice } from './plan/detect.js';
export type { Plan } from './plan/plan.js';
export { planText, unifiedDiff } from './plan/plan-text.js';
export { planTree, type TreeRequest } from './plan/plan-tree.js';
export {
  type ChangeConfiguration,
  createNetPort,
  type NetOfDaemon,
  type NetPortOptions,
} from './port.js';
export { interfaceByName } from './read/carrier.js';
export { createNetFacts, type InterfaceFacts, type NetFacts, type NetFactsOptions } from './read/facts.js';
export type { IpInfo } from './read/ip-info.js';
export { parseWanted, type WantedText } from './wanted.js';
