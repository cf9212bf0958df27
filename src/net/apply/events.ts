import type { KvpError } from '../../errors.js';

/** What happens while a network configuration is changed, for logs and for people. */
export type ApplyEvent =
  /** What the plan's files and commands do not show; the change begins. */
  | { what: 'note'; text: string }
  /** A manager that starts with the machine is not there yet, and is waited for. */
  | { what: 'starting'; manager: string }
  /** Those that answer have to do so afterwards. */
  | { what: 'gateways'; asked: readonly string[]; answering: readonly string[] }
  | { what: 'written'; paths: readonly string[] }
  /** `error` is undefined for one that succeeded; one that did not matter is part of the way. */
  | { what: 'command'; argv: readonly string[]; ms: number; error: unknown; mattered: boolean }
  /** It is as wanted. */
  | { what: 'verified'; ms: number }
  | { what: 'taking-back'; error: KvpError }
  /** Files that somebody else changed in the meantime, and that were left alone. */
  | { what: 'foreign'; paths: readonly string[] }
  /** `wrong` is empty when everything is as before. */
  | { what: 'taken-back'; wrong: readonly string[] };
