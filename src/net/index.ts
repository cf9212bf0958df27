/** The guest's network configuration: read truly, without starting a process. */
export type { InterfaceAddress, IpConfiguration } from './configuration.js';
export {
  type AdapterLookUp,
  type ChangeConfiguration,
  createNetPort,
  type NetOfDaemon,
  type NetPortOptions,
} from './port.js';
export { createNetFacts, type InterfaceFacts, type NetFacts, type NetFactsOptions } from './read/facts.js';
export type { IpInfo } from './read/ip-info.js';
export { parseWanted, type WantedText } from './wanted.js';
