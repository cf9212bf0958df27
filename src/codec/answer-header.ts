/**
 * The headers of a guest's answer, as OpenVMM's host reads them (test/vectors/openvmm): a transaction id, two flag bits
 * and a stated size that is there. The rest may be anything, and what is unusual becomes a remark.
 */
import { KvpError } from '../errors.js';
import * as wire from '../wire/payload.js';
import { readU16 } from './bytes.js';
import { decodePayload, type Payload } from './payload.js';
import type { Remarks } from './remarks.js';
import { formatVersion, type Version } from './version.js';

const IC = wire.PIPE_HEADER_BYTES;

/**
 * Takes an answer apart. Whatever is thrown here fails the channel.
 *
 * @throws KvpError as {@link decodePayload}; ERR_CODEC_PIPE for a message that is longer than a host takes,
 *   ERR_CODEC_IC for a transaction id or flags that no host takes
 */
export function decodeAnswerPayload(payload: Uint8Array, transaction: number, remarks: Remarks): Payload {
  const decoded = decodePayload(payload);
  const { pipe, ic } = decoded;
  if (pipe.length > wire.IC_MAX_MESSAGE_BYTES)
    throw new KvpError('ERR_CODEC_PIPE', {
      detail: 'length',
      offset: wire.PIPE_LENGTH,
      expected: `at most ${wire.IC_MAX_MESSAGE_BYTES}`,
      actual: pipe.length,
    });
  if (ic.transaction !== transaction)
    throw headerError('transaction id', wire.IC_TRANSACTION, transaction, ic.transaction);
  if ((ic.flags & wire.IC_FLAGS_RESPONSE) !== wire.IC_FLAGS_RESPONSE)
    throw headerError('flags', wire.IC_FLAGS, wire.IC_FLAGS_RESPONSE, ic.flags);
  remarks.expect('flags', IC + wire.IC_FLAGS, wire.IC_FLAGS_RESPONSE, ic.flags);
  remarks.expect('reserved bytes', IC + wire.IC_RESERVED, 0, readU16(payload, IC + wire.IC_RESERVED));
  return decoded;
}

/** A remark when an answer's header does not carry the version that was agreed on. */
export function remarkVersion(remarks: Remarks, what: string, at: number, expected: Version, actual: Version): void {
  const [wanted, found] = [formatVersion(expected), formatVersion(actual)];
  if (wanted !== found) remarks.add(what, IC + at, wanted, found);
}

const headerError = (detail: string, at: number, expected: number, actual: number): KvpError =>
  new KvpError('ERR_CODEC_IC', { detail, offset: IC + at, expected, actual });
