/** What a guest answers to a negotiate request, read as OpenVMM's host reads it (test/vectors/openvmm). */
import { KvpError } from '../errors.js';
import * as wire from '../wire/payload.js';
import { decodeAnswerPayload } from './answer-header.js';
import { readU16, readU32 } from './bytes.js';
import { requireOffer, type VersionLists } from './negotiate.js';
import type { Agreement } from './negotiation-policy.js';
import { type Remark, Remarks } from './remarks.js';
import { compareVersions, formatVersion, readVersion, type Version } from './version.js';

/** What the guest chose, and what no guest should have sent with it. */
export interface NegotiateAnswer extends Agreement {
  remarks: Remark[];
}

const BODY = wire.HEADERS_BYTES;

/**
 * Reads a guest's answer to a negotiate request. Undefined for a message of another type: a stale answer from before a
 * restore, which hosts drop once its header is sound. Whatever is thrown fails the channel.
 *
 * A version that was not offered is taken, as is any status; both come back as remarks.
 *
 * @throws KvpError ERR_CODEC_SHORT, ERR_CODEC_PIPE, ERR_CODEC_IC (flags, transaction, size), ERR_CODEC_NEGOTIATE (not
 *   exactly one version in each list)
 */
export function decodeNegotiateAnswer(payload: Uint8Array, offer: Readonly<VersionLists>): NegotiateAnswer | undefined {
  requireOffer(offer);
  const remarks = new Remarks();
  const { ic, body } = decodeAnswerPayload(payload, 0, remarks);
  if (ic.type !== wire.IC_TYPE_NEGOTIATE) return undefined;
  if (body.length < wire.NEGOTIATE_ANSWER_BYTES)
    throw new KvpError('ERR_CODEC_SHORT', {
      detail: 'negotiate answer',
      offset: BODY + body.length,
      expected: wire.NEGOTIATE_ANSWER_BYTES,
      actual: body.length,
    });
  requireOne(body, 'framework', wire.NEGOTIATE_FRAMEWORK_COUNT);
  requireOne(body, 'message', wire.NEGOTIATE_MESSAGE_COUNT);
  const within = remarks.within(BODY);
  remarks.expect('status', wire.PIPE_HEADER_BYTES + wire.IC_STATUS, 0, ic.status);
  within.expect('reserved field', wire.NEGOTIATE_RESERVED, 0, readU32(body, wire.NEGOTIATE_RESERVED));
  const framework = chosen(body, 'framework', wire.NEGOTIATE_VERSIONS, offer.frameworks, within);
  const second = wire.NEGOTIATE_VERSIONS + wire.VERSION_BYTES;
  return { framework, message: chosen(body, 'message', second, offer.messages, within), remarks: remarks.list };
}

function requireOne(body: Uint8Array, what: string, at: number): void {
  const actual = readU16(body, at);
  if (actual === 1) return;
  throw new KvpError('ERR_CODEC_NEGOTIATE', { detail: `${what} versions`, offset: BODY + at, expected: 1, actual });
}

function chosen(body: Uint8Array, what: string, at: number, offered: readonly Version[], remarks: Remarks): Version {
  const version = readVersion(body, at);
  if (!offered.some((each) => compareVersions(each, version) === 0))
    remarks.add(
      `${what} version that was not offered`,
      at,
      offered.map(formatVersion).join(' '),
      formatVersion(version),
    );
  return version;
}
