/**
 * The journal of the change under way, a file of mode 0600 since old texts may hold secrets. It is there from before
 * the first file is touched until the change is verified, so one that is found was left by a process that died. The
 * last change that succeeded is kept beside it, for people who want to go back.
 */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { KvpError } from '../../errors.js';
import { asWriteError, prepareFile, syncFolder } from './atomic-file.js';
import { type JournalEntry, journalText, MAX_JOURNAL_BYTES, readJournalText } from './journal-entry.js';

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

/** Whether a change was under way when its process ended, or is now. */
export const hasPendingChange = (stateDir: string): boolean => fs.existsSync(join(stateDir, PENDING));

/** `stateDir` is made when it is missing. */
export function openJournal(stateDir: string): Journal {
  const pending = join(stateDir, PENDING);
  const last = join(stateDir, LAST);
  const within = (act: () => void) => {
    try {
      act();
      syncFolder(stateDir);
    } catch (error) {
      throw asWriteError(error, pending);
    }
  };
  return {
    pending: () => readEntry(pending),
    last: () => readEntry(last),
    begin(entry) {
      const text = journalText(entry);
      if (Buffer.byteLength(text) > MAX_JOURNAL_BYTES || readJournalText(text) === undefined) {
        throw new KvpError('ERR_NET_JOURNAL', { detail: `${pending} cannot hold this change of ${entry.target.name}` });
      }
      prepareFile(pending, text, 0o600).commit();
    },
    succeed: () => within(() => fs.renameSync(pending, last)),
    forget: () => within(() => fs.rmSync(pending, { force: true })),
  };
}

/** Only what this user wrote and nobody else could have changed is believed. */
function readEntry(path: string): JournalEntry | undefined {
  const unusable = (detail: string, cause?: unknown) =>
    new KvpError('ERR_NET_JOURNAL', { detail: `${path} ${detail}`, cause });
  let fd: number;
  try {
    fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw unusable('cannot be opened', error);
  }
  try {
    const stat = fs.fstatSync(fd);
    if (!stat.isFile()) throw unusable('is no file');
    if (stat.uid !== process.getuid?.() || (stat.mode & 0o077) !== 0) throw unusable('is open to others');
    if (stat.size > MAX_JOURNAL_BYTES) throw unusable(`has ${stat.size} bytes`);
    const entry = readJournalText(fs.readFileSync(fd, 'utf8'));
    if (entry === undefined) throw unusable('is no journal');
    return entry;
  } finally {
    fs.closeSync(fd);
  }
}
