/**
 * The journal of the change under way, a file of mode 0600 since old texts may hold secrets. It is there from before
 * the first file is touched until the change is verified, so one that is found was left by a process that died. The
 * last change that succeeded is kept beside it, for people who want to go back.
 */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { KvpError } from '../../errors.js';
import { asWriteError } from './atomic-file.js';
import { type JournalEntry, journalText, MAX_JOURNAL_BYTES, readJournalText } from './journal-entry.js';
import { StateDirectory } from './state-directory.js';

/** Its calls throw ERR_OS_FOLDER where the state directory is not to be trusted. */
export interface Journal {
  /** The change that a process left half-done; undefined when there is none. Throws ERR_NET_JOURNAL. */
  pending(): JournalEntry | undefined;
  /** The last change that succeeded; undefined when there is none. Throws ERR_NET_JOURNAL. */
  last(): JournalEntry | undefined;
  /**
   * Durable when it returns. Throws ERR_NET_WRITE, as for a full disk, and ERR_NET_JOURNAL for a change that could not
   * be read back, and so not be taken back, by another process; then nothing was begun.
   */
  begin(entry: JournalEntry): void;
  /** The change succeeded. Throws ERR_NET_WRITE. */
  succeed(): void;
  /** The old state is there again. Throws ERR_NET_WRITE. */
  forget(): void;
}

const PENDING = 'net-journal';
const LAST = 'net-last-change';

/** Whether a change was under way when its process ended, or is now. Whether it can be believed shows when it is read. */
export const hasPendingChange = (stateDir: string): boolean => {
  try {
    return lstatSync(join(stateDir, PENDING), { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
};

/** `stateDir` is made when it is missing and something is to be written. */
export function openJournal(stateDir: string): Journal {
  const change = (act: (state: StateDirectory) => void) => {
    const state = StateDirectory.ensure(stateDir);
    try {
      act(state);
    } catch (error) {
      throw asWriteError(error, join(stateDir, PENDING));
    } finally {
      state.close();
    }
  };
  return {
    pending: () => readEntry(stateDir, PENDING),
    last: () => readEntry(stateDir, LAST),
    begin(entry) {
      const text = journalText(entry);
      if (Buffer.byteLength(text) > MAX_JOURNAL_BYTES || readJournalText(text) === undefined) {
        const detail = `${join(stateDir, PENDING)} cannot hold this change of ${entry.target.name}`;
        throw new KvpError('ERR_NET_JOURNAL', { detail });
      }
      change((state) => state.write(PENDING, text));
    },
    succeed: () => change((state) => state.rename(PENDING, LAST)),
    forget: () => change((state) => state.remove(PENDING)),
  };
}

/** Only what nobody else could have written or changed is believed. */
function readEntry(stateDir: string, name: string): JournalEntry | undefined {
  const state = StateDirectory.open(stateDir);
  if (state === undefined) return undefined;
  try {
    const found = state.read(name, MAX_JOURNAL_BYTES);
    if (found === undefined) return undefined;
    const entry = 'text' in found ? readJournalText(found.text) : undefined;
    if (entry !== undefined) return entry;
    const problem = 'problem' in found ? found.problem : 'is no journal of this version or of 0.1.0';
    throw new KvpError('ERR_NET_JOURNAL', { detail: `${join(stateDir, name)} ${problem}` });
  } finally {
    state.close();
  }
}
