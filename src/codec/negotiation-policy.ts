/** How a guest chooses among the versions a host offers, and how it refuses. Source: protocol.md 2.3 and 2.4. */
import { optionsOf } from '../arguments.js';
import * as wire from '../wire/payload.js';
import { Status } from '../wire/status.js';
import { readU16, writeU16, writeU32 } from './bytes.js';
import { isPipeSound } from './payload.js';
import { compareVersions, readVersions, requireVersion, type Version, version, writeVersion } from './version.js';

export interface Agreement {
  framework: Version;
  message: Version;
}

/**
 * Edits `response`, a copy of the request with its flags already set, into the answer. `hasCounts` is false when the
 * request is too short to hold the two counts. Made by {@link linuxPolicy} and {@link freebsdPolicy}.
 */
export type NegotiationPolicy = (response: Uint8Array, hasCounts: boolean) => Agreement | undefined;

export interface PolicyOptions {
  /** The newest message version to agree to. Default 4.0, which is all that the reference drivers know. */
  maxMessage?: Version;
  /** The newest framework version to agree to. Default 3.0. */
  maxFramework?: Version;
}

const IC = wire.PIPE_HEADER_BYTES;
const FRAMEWORK_COUNT = wire.HEADERS_BYTES + wire.NEGOTIATE_FRAMEWORK_COUNT;
const MESSAGE_COUNT = wire.HEADERS_BYTES + wire.NEGOTIATE_MESSAGE_COUNT;
const LISTS = wire.HEADERS_BYTES + wire.NEGOTIATE_VERSIONS;

/** Newest first. */
const FRAMEWORKS = [version(3), version(1)];
const MESSAGES = [version(5), version(4), version(3), version(1)];

/**
 * Linux (hv_kvp.c, channel_mgmt.c): of its own versions, newest first, the first that the host offers exactly. It
 * refuses with both counts 0 and the status as it came, and leaves in the version slots the framework, if that
 * matched, or else the count that was offered, and the count of messages.
 */
export function linuxPolicy(options: PolicyOptions = {}): NegotiationPolicy {
  const { maxMessage, maxFramework } = limitsOf(options);
  const known = (versions: Version[], max: Version) => versions.filter((each) => compareVersions(each, max) <= 0);
  const firstOffered = (own: Version[], offered: Version[]) =>
    own.find((wanted) => offered.some((each) => compareVersions(each, wanted) === 0));
  return (response, hasCounts) => {
    writeU16(response, IC + wire.IC_SIZE, wire.NEGOTIATE_ANSWER_BYTES);
    if (!hasCounts) return undefined;
    const offer = readOffer(response);
    const acceptable =
      offer.frameworks.length <= wire.NEGOTIATE_MAX_VERSIONS && offer.messages.length <= wire.NEGOTIATE_MAX_VERSIONS;
    const framework = acceptable ? firstOffered(known(FRAMEWORKS, maxFramework), offer.frameworks) : undefined;
    const message = acceptable ? firstOffered(known(MESSAGES, maxMessage), offer.messages) : undefined;
    if (framework !== undefined && message !== undefined) return agree(response, { framework, message });
    writeSlots(response, framework ?? version(offer.frameworkCount), version(offer.messageCount));
    writeU16(response, FRAMEWORK_COUNT, 0);
    writeU16(response, MESSAGE_COUNT, 0);
    return undefined;
  };
}

/**
 * FreeBSD (vmbus_ic.c): the highest offered version that is not above its own maximum, known or not. It agrees with
 * status 0, whatever the request's was, and refuses with status E_FAIL and the body as it came.
 */
export function freebsdPolicy(options: PolicyOptions = {}): NegotiationPolicy {
  const { maxMessage, maxFramework } = limitsOf(options);
  const highest = (offered: Version[], max: Version) =>
    offered
      .filter((each) => compareVersions(each, max) <= 0)
      .sort(compareVersions)
      .at(-1);
  return (response, hasCounts) => {
    const offer = hasCounts ? readOffer(response) : NO_OFFER;
    const framework = highest(offer.frameworks, maxFramework);
    const message = highest(offer.messages, maxMessage);
    const agreed = framework !== undefined && message !== undefined;
    writeU32(response, IC + wire.IC_STATUS, agreed ? Status.Ok : Status.Fail);
    if (!agreed) return undefined;
    writeU16(response, IC + wire.IC_SIZE, wire.NEGOTIATE_ANSWER_BYTES);
    return agree(response, { framework, message });
  };
}

function limitsOf(options: PolicyOptions): { maxMessage: Version; maxFramework: Version } {
  const { maxMessage = version(4), maxFramework = version(3) } = optionsOf(options);
  requireVersion('maxMessage', maxMessage);
  requireVersion('maxFramework', maxFramework);
  return { maxMessage, maxFramework };
}

interface Offer {
  frameworkCount: number;
  messageCount: number;
  /** Both lists are empty when they are not wholly inside the packet or the pipe header is wrong. */
  frameworks: Version[];
  messages: Version[];
}

const NO_OFFER: Offer = { frameworkCount: 0, messageCount: 0, frameworks: [], messages: [] };

/** Lists are bounded by the packet, ring padding included, as both drivers do. */
function readOffer(request: Uint8Array): Offer {
  const frameworkCount = readU16(request, FRAMEWORK_COUNT);
  const messageCount = readU16(request, MESSAGE_COUNT);
  const fits = LISTS + wire.VERSION_BYTES * (frameworkCount + messageCount) <= request.length;
  if (!fits || !isPipeSound(request)) return { ...NO_OFFER, frameworkCount, messageCount };
  const frameworks = readVersions(request, LISTS, frameworkCount);
  return {
    frameworkCount,
    messageCount,
    frameworks,
    messages: readVersions(request, LISTS + wire.VERSION_BYTES * frameworkCount, messageCount),
  };
}

function agree(response: Uint8Array, agreement: Agreement): Agreement {
  writeU16(response, FRAMEWORK_COUNT, 1);
  writeU16(response, MESSAGE_COUNT, 1);
  writeSlots(response, agreement.framework, agreement.message);
  return agreement;
}

/** A slot behind the received length is not written: there is no such byte in the answer. */
function writeSlots(response: Uint8Array, framework: Version, message: Version): void {
  const slots = new Uint8Array(2 * wire.VERSION_BYTES);
  writeVersion(slots, 0, framework);
  writeVersion(slots, wire.VERSION_BYTES, message);
  if (response.length > LISTS) response.set(slots.subarray(0, response.length - LISTS), LISTS);
}
