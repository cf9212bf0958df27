/**
 * How a host reads what the guest sent: as strictly as OpenVMM's host, so that a guest side which satisfies this file
 * satisfies every host known (protocol.md 2.4, 3.4 and 6.1). Whatever throws here fails the channel.
 */
import {
  compareVersions,
  decodeKvp,
  decodeNegotiate,
  decodePayload,
  formatVersion,
  hasBinaryIp,
  type IcHeader,
  type KvpMessage,
  type KvpValue,
  type Payload,
  type Version,
  type VersionLists,
} from '../codec/index.js';
import { KvpError } from '../errors.js';
import { IP_BINARY_END, IP_MESSAGE_BYTES } from '../wire/ip.js';
import {
  ENUMERATE_BODY_END,
  OPERATION_ENUMERATE,
  OPERATION_GET,
  OPERATION_GET_IP_INFO,
  VALUE_BODY_END,
  VALUE_TYPE_U64,
} from '../wire/kvp.js';
import {
  HEADERS_BYTES,
  IC_FLAGS,
  IC_FLAGS_RESPONSE,
  IC_TRANSACTION,
  IC_TYPE,
  IC_TYPE_KVP,
  PIPE_HEADER_BYTES,
} from '../wire/payload.js';
import { Status } from '../wire/status.js';
import type { Agreed } from './versions.js';

/** What the guest answered. `message` is there when the status is 0 and the operation returns something. */
export interface GuestAnswer {
  status: number;
  message?: KvpMessage;
}

/** The versions that the guest chose. Its status word is ignored here, as hosts do. */
export function readNegotiateAnswer(payload: Uint8Array, { ic }: Payload, offer: VersionLists): Agreed {
  checkHeader(ic);
  const { frameworks, messages } = decodeNegotiate(payload);
  const [framework] = frameworks;
  const [message] = messages;
  if (frameworks.length !== 1 || messages.length !== 1 || framework === undefined || message === undefined) {
    throw new KvpError('ERR_CODEC_NEGOTIATE', {
      detail: 'the guest accepts none of the offered versions',
      expected: '1 framework and 1 message version',
      actual: `${frameworks.length} and ${messages.length}`,
    });
  }
  requireOffered('framework', offer.frameworks, framework);
  requireOffered('message', offer.messages, message);
  return { framework, message };
}

function requireOffered(which: string, offered: readonly Version[], chosen: Version): void {
  if (offered.some((each) => compareVersions(each, chosen) === 0)) return;
  throw new KvpError('ERR_CODEC_NEGOTIATE', {
    detail: `the guest chose a ${which} version that was not offered`,
    expected: offered.map(formatVersion).join(', '),
    actual: formatVersion(chosen),
  });
}

/** The answer to `request`; a status other than 0 is a value, for its body is only the request's echo. */
export function readKvpAnswer(payload: Uint8Array, request: KvpMessage, { message: version }: Agreed): GuestAnswer {
  const { ic, body } = decodePayload(payload);
  if (ic.type !== IC_TYPE_KVP) throw headerError('message type', IC_TYPE, IC_TYPE_KVP, ic.type);
  checkHeader(ic);
  if (ic.status !== Status.Ok || !returnsSomething(request.operation)) return { status: ic.status };
  requireBody(body, answerBytes(request.operation, version));
  // Hosts do not look at the echoed operation: OpenBSD's guests overwrite it with a status word (protocol.md 3.8).
  const answer = new Uint8Array(body);
  answer[0] = request.operation;
  const message = decodeKvp(answer, { version, text: 'strict' });
  if (!('ip' in message)) checkItem(message as { key?: string; value?: KvpValue });
  return { status: ic.status, message };
}

/** Hosts read an answer as one structure: a shorter body is no answer at all (protocol.md 3.8). */
function answerBytes(operation: number, version: Version): number {
  if (operation === OPERATION_GET) return VALUE_BODY_END;
  if (operation === OPERATION_ENUMERATE) return ENUMERATE_BODY_END;
  return hasBinaryIp(version) ? IP_BINARY_END : IP_MESSAGE_BYTES;
}

function requireBody(body: Uint8Array, expected: number): void {
  if (body.length >= expected) return;
  throw new KvpError('ERR_CODEC_SHORT', {
    detail: 'body of the answer',
    offset: HEADERS_BYTES + body.length,
    expected,
    actual: body.length,
  });
}

const returnsSomething = (operation: number) =>
  operation === OPERATION_GET || operation === OPERATION_ENUMERATE || operation === OPERATION_GET_IP_INFO;

function checkHeader(ic: IcHeader): void {
  if (ic.transaction !== 0) throw headerError('transaction id', IC_TRANSACTION, 0, ic.transaction);
  if ((ic.flags & IC_FLAGS_RESPONSE) !== IC_FLAGS_RESPONSE) {
    throw headerError('flags', IC_FLAGS, IC_FLAGS_RESPONSE, ic.flags);
  }
}

function headerError(field: string, offset: number, expected: number, actual: number): KvpError {
  return new KvpError('ERR_CODEC_IC', { detail: field, offset: PIPE_HEADER_BYTES + offset, expected, actual });
}

function checkItem(message: { key?: string; value?: KvpValue }): void {
  if (message.key === undefined || message.value === undefined) {
    throw new KvpError('ERR_CODEC_NUL', { detail: 'the answer says success but holds no item' });
  }
  // Windows numbers a 64-bit value 11; 8 is the guests' own number, which no host knows.
  if ('bytes' in message.value || message.value.type === VALUE_TYPE_U64) {
    throw new KvpError('ERR_CODEC_VALUE_TYPE', { actual: message.value.type });
  }
}
