/** Every message of the system as typed values over bytes (docs/codec.md is a guide by example). Nothing here needs Node. */

export type { EncodeBatchOptions, EncodeItem } from './batch-encode.js';
export type { BatchTranslation } from './batch-translate.js';
export type { OutputOptions } from './bytes.js';
export { type CodecOptions, createCodec, init } from './codec.js';
export {
  answerEnumerate,
  answerGet,
  answerIpInfo,
  answerStatus,
  type DaemonAnswer,
  decodeDaemonAnswer,
} from './daemon-answer.js';
export {
  type DaemonDialect,
  type DaemonOptions,
  type DaemonOutputOptions,
  daemonMessageBytes,
  decodeRegistrationReply,
  encodeRegistration,
  encodeRegistrationReply,
  readDaemonStatus,
  writeDaemonStatus,
} from './daemon-message.js';
export {
  type DaemonRequest,
  type DaemonRequestInput,
  decodeDaemonRequest,
  encodeDaemonRequest,
} from './daemon-request.js';
export type { DecodedBatch } from './decoded-batch.js';
export type { Codec, TranslateOptions } from './engine-codec.js';
export {
  type ExchangeOptions,
  encodeKvpRequest,
  encodeKvpResponse,
  encodeStatusResponse,
  type ResponseOptions,
} from './exchange.js';
export { type AnswerOptions, decodeKvpAnswer, type KvpAnswer } from './guest-answer.js';
export { type HostRequest, inspectHostRequest } from './host-request.js';
export { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from './ip-address.js';
export { decodeIpBinary, encodeIpBinary } from './ip-binary.js';
export {
  type IpInfo,
  type IpInfoInput,
  type IpInfoText,
  ipInfoRequest,
  joinList,
  splitList,
  toIpInfo,
  toIpInfoText,
} from './ip-info.js';
export { decodeIpString, decodeIpStringText, encodeIpString, type IpBlockOptions } from './ip-string.js';
export { daemonToIpBinary, ipBinaryToDaemon } from './ip-translation.js';
export {
  type DeleteMessage,
  decodeKvp,
  type EnumerateMessage,
  encodeKvp,
  type GetMessage,
  type IpMessage,
  type KvpEncodeOptions,
  type KvpMessage,
  type KvpMessageInput,
  type KvpOptions,
  type SetMessage,
  type UnknownMessage,
} from './kvp.js';
export { type KvpValue, valueText } from './kvp-value.js';
export {
  ADAPTER_ID_LIMIT,
  GUEST_KEY_LIMIT,
  GUEST_VALUE_LIMIT,
  HOST_KEY_LIMIT,
  HOST_VALUE_LIMIT,
  measureText,
  requireWithin,
  type TextLimit,
  type TextSize,
  truncate,
} from './limits.js';
export { minimumKvpBytes } from './minimum-sizes.js';
export {
  AddressOrigin,
  addressOriginNames,
  IcType,
  icTypeNames,
  type Names,
  Operation,
  operationNames,
  Pool,
  poolNames,
  Status,
  statusNames,
  ValueType,
  valueTypeNames,
} from './names.js';
export {
  answerNegotiation,
  decodeNegotiate,
  encodeNegotiateRequest,
  type NegotiationAnswer,
  type VersionLists,
} from './negotiate.js';
export { decodeNegotiateAnswer, type NegotiateAnswer } from './negotiate-answer.js';
export {
  type Agreement,
  freebsdPolicy,
  linuxPolicy,
  type NegotiationPolicy,
  type PolicyOptions,
} from './negotiation-policy.js';
export { readTrace, type TraceOptions, type TracePacket } from './packet-stream.js';
export { decodePayload, encodePayload, type IcHeader, type Payload } from './payload.js';
export { RecordChanges, type RecordFlaw, RecordIndex, recordFlaws } from './pool-records.js';
export { decodeRecord, encodeRecord, type PoolRecord } from './record.js';
export { formatRemark, type Remark } from './remarks.js';
export { decodeUtf8, decodeUtf16, encodeUtf8, encodeUtf16, type TextPolicy } from './text.js';
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
