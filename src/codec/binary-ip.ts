/** Payloads with the binary IP block of version 5.0, which the engine leaves to TypeScript. */
import { KvpError } from '../errors.js';
import { HEADERS_BYTES, IC_FLAGS, IC_FLAGS_RESPONSE, IC_STATUS, PIPE_HEADER_BYTES } from '../wire/payload.js';
import { Status } from '../wire/status.js';
import { outputRoom, writeU32 } from './bytes.js';
import type { DaemonDialect } from './daemon-message.js';
import { daemonToIpBinary, ipBinaryToDaemon } from './ip-translation.js';

interface Options {
  dialect: DaemonDialect | undefined;
  into?: Uint8Array | undefined;
}

/** Host payload → daemon message; throws what {@link ipBinaryToDaemon} throws. */
export function binaryIpToDaemon(payload: Uint8Array, { dialect = 'linux', into }: Options): Uint8Array {
  return ipBinaryToDaemon(payload.subarray(HEADERS_BYTES), { dialect, ...(into === undefined ? {} : { into }) });
}

/** The response to a GET_IP_INFO; E_FAIL and the request when the answer cannot be said in that form. */
export function answerBinaryIp(
  request: Uint8Array,
  answer: Uint8Array,
  { dialect = 'linux', into }: Options,
): Uint8Array {
  const response = outputRoom(request.length, into);
  response.set(request);
  let status: number = Status.Ok;
  try {
    const message = daemonToIpBinary(request.subarray(HEADERS_BYTES), answer, { dialect });
    // A request may end with its block, before the zeros that hosts send behind it.
    response.set(message.subarray(0, response.length - HEADERS_BYTES), HEADERS_BYTES);
  } catch (error) {
    if (!(error instanceof KvpError)) throw error;
    status = Status.Fail;
  }
  writeU32(response, PIPE_HEADER_BYTES + IC_STATUS, status);
  response[PIPE_HEADER_BYTES + IC_FLAGS] = IC_FLAGS_RESPONSE;
  return response;
}
