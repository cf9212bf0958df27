/** Writes an answer over the request it belongs to. What a request left in its fields is cleared, never sent back. */
import { answerIpInfo, answerStatus } from '../codec/index.js';
import { ENUMERATE_KEY, ENUMERATE_VALUE, KEY_BYTES, VALUE_BYTES, VALUE_VALUE } from '../wire/kvp.js';
import type { IpInfoText, TextBytes } from './ports.js';

export type Answer =
  /** The body stays as it was received. */
  | { kind: 'status'; status: number }
  /** GET: at most `size` bytes of the value, as the request asked. */
  | { kind: 'value'; value: TextBytes; size: number }
  /** ENUMERATE: sizes and type stay as received; the driver goes by the NULs (protocol.md 5.4). */
  | { kind: 'record'; key: TextBytes; value: TextBytes }
  /** GET_IP_INFO: the adapter id stays. */
  | { kind: 'ip'; info: Omit<IpInfoText, 'adapterId'> };

/** Throws KvpError ERR_LIMIT_LIST when an IP list does not fit; the message still needs a status then. */
export function writeAnswer(message: Uint8Array, answer: Answer): void {
  switch (answer.kind) {
    case 'status':
      answerStatus(message, answer.status);
      return;
    case 'ip':
      answerIpInfo(message, answer.info);
      return;
    case 'value':
      fillField(message, VALUE_VALUE, VALUE_BYTES, answer.value.subarray(0, answer.size));
      break;
    case 'record':
      fillField(message, ENUMERATE_KEY, KEY_BYTES, answer.key);
      fillField(message, ENUMERATE_VALUE, VALUE_BYTES, answer.value);
      break;
  }
  answerStatus(message);
}

/**
 * Text that leaves no room for a NUL goes out as it is, as cloud-init writes its keys; the codec's own answers refuse it.
 */
function fillField(message: Uint8Array, offset: number, fieldBytes: number, text: TextBytes): void {
  const fitting = text.length > fieldBytes ? text.subarray(0, fieldBytes) : text;
  message.set(fitting, offset);
  message.fill(0, offset + fitting.length, offset + fieldBytes);
}
