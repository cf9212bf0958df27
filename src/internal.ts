/** What only the project's own tests and benches may import (package.json "imports"); not part of the package. */
export type { ChannelEnd, Packet, SendOptions, SendResult } from './channel/end.js';
export { createLocalChannel, type LocalChannel, type LocalChannelOptions } from './channel/index.js';
export { sessionLine, sessionObject } from './cli/session-line.js';
export { openTranscript, type TranscriptFile } from './cli/transcript-file.js';
export { utf16ToString, utf16ToStringPortably } from './codec/text.js';
export { firstInvalidUtf8 } from './codec/utf8-check.js';
export { answerRequest, type Ports as DaemonPorts } from './daemon/dispatch.js';
export { canonicalNameInHosts, searchDomains } from './daemon/hosts.js';
export { formattingLogger } from './daemon/lifecycle/logger.js';
export { type RateLimit, RateLimitedLogger } from './daemon/log.js';
export { parseOsRelease } from './daemon/os-release.js';
export { readRequest } from './daemon/request.js';
export * as fuse from './device/fuse/protocol.js';
export { FuseSession, type FuseSessionOptions } from './device/fuse/session.js';
export {
  createEngine,
  createJsEngine,
  createWasmEngine,
  type Engine,
  EngineMemory,
  POISON,
  type Region,
} from './engine/index.js';
export { ERRORS } from './errors.js';
export { asListed, inOrderOfComing } from './net/address-order.js';
export { createNetApplier, type NetApplier, type NetApplierOptions } from './net/apply/applier.js';
export type { Outcome } from './net/apply/apply-plan.js';
export { createNetChanger, type NetChanger, type NetChangerOptions } from './net/apply/changer.js';
export type { ApplyEvent } from './net/apply/events.js';
export { programNeighbours } from './net/apply/freebsd-neighbours.js';
export { gatewayProbe, probeGateways } from './net/apply/gateway-probe.js';
export { openJournal } from './net/apply/journal.js';
export { type JournalEntry as NetJournalEntry, journalText, readJournalText } from './net/apply/journal-entry.js';
export { type KernelStates, netlinkStates } from './net/apply/kernel-state.js';
export { leftProgram } from './net/apply/left-program.js';
export { isStarting, whileStarting } from './net/apply/manager-start.js';
export { commandRunner, type RunCommand } from './net/apply/run-command.js';
export { prepareFiles, restoreFiles } from './net/apply/write-files.js';
export type { Backend, FileChange, ManagerCommand, TargetInterface } from './net/backends/backend.js';
export { KEYFILE, SectionFile, UNIT_FILE } from './net/backends/formats/section-file.js';
export { ifupdown } from './net/backends/ifupdown/ifupdown.js';
export { BACKENDS } from './net/backends/index.js';
export { iproute2 } from './net/backends/iproute2/iproute2.js';
export { rcconf } from './net/backends/rcconf/rcconf.js';
export { RcConf } from './net/backends/rcconf/rcconf-files.js';
export { withNameServers } from './net/backends/resolv-conf.js';
export { ConfigFiles } from './net/config-files.js';
export { sameConfiguration } from './net/configuration.js';
export { differences } from './net/differences.js';
export { makePlan, type Plan } from './net/plan/plan.js';
export { planText } from './net/plan/plan-text.js';
export { presentConfiguration } from './net/plan/present.js';
export { rankedAddresses } from './net/read/address-rank.js';
export { interfaceByMac, interfaceByName } from './net/read/carrier.js';
export { mayConcernGateways, namesNextHops, readGateways } from './net/read/default-routes.js';
export { usesDhcp } from './net/read/dhcp-state.js';
export { dnsServersByInterface } from './net/read/dns-servers.js';
export { type AskProgram, programAsker } from './net/read/freebsd/ask-program.js';
export { freebsdKernel } from './net/read/freebsd/freebsd-kernel.js';
export { readIfconfig } from './net/read/freebsd/ifconfig-text.js';
export { readNetstat } from './net/read/freebsd/netstat-text.js';
export { type Interface, interfacesOf } from './net/read/interfaces.js';
export { ipInfoOf } from './net/read/ip-info.js';
export type { Kernel, KernelTables } from './net/read/kernel.js';
export { readAddresses, readLinks } from './net/read/rtnetlink.js';
export { tryLockFile, unlockFile } from './os/file-locks.js';
export { type LockHolder, lockHolders } from './os/lock-holders.js';
export { waitForFileLock } from './os/lock-wait.js';
export { acknowledgement, Dump, messagesOf, type NetlinkMessage, requestMessage } from './os/netlink-messages.js';
export { type FileFacts, nodeFiles, type PoolFiles } from './pool/files.js';
export { decodeEntry, encodeEntry, type JournalEntry } from './pool/journal-entry.js';
export { hashKey, KeyIndex } from './pool/key-index.js';
export { type LockPort, osLocks } from './pool/lock.js';
export { stepState } from './pool/step-state.js';
export { printable, printableJson, printableLine } from './printable.js';
export * as table from './wire/engine.js';
export { Status } from './wire/status.js';
