/** Every message of the system as typed objects over bytes. Nothing here needs Node. */
export type { OutputOptions } from './bytes.js';
export * from './names.js';
export {
  answerNegotiation,
  decodeNegotiate,
  encodeNegotiateRequest,
  type NegotiationAnswer,
  type VersionLists,
} from './negotiate.js';
export {
  type Agreement,
  freebsdPolicy,
  linuxPolicy,
  type NegotiationPolicy,
  type PolicyOptions,
} from './negotiation-policy.js';
export { decodePayload, encodePayload, type IcHeader, type Payload } from './payload.js';
export {
  compareVersions,
  DEFAULT_FRAMEWORK,
  DEFAULT_MESSAGE_VERSION,
  FRAMEWORK_VERSIONS,
  formatVersion,
  hasBinaryIp,
  MESSAGE_VERSIONS,
  parseVersion,
  type Version,
  version,
} from './version.js';
