/** The guest's network configuration: read truly, without starting a process. */
export { createNetFacts, type InterfaceFacts, type NetFacts, type NetFactsOptions } from './facts.js';
export type { IpInfo } from './ip-info.js';
export { parseWanted, type Wanted, type WantedAddress, type WantedText } from './wanted.js';
