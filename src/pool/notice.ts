/** What a store tells beside its answers: it found the pool in a state that somebody should know of. */
import type { Settlement } from './settle.js';

/**
 * - finished: a process died in the middle of a change, and the rest of the change was made now
 * - part: the same, but records of its key stayed that somebody else may have written since
 * - dropped: a process died in the middle of a change, others changed the pool since, and it stays as they made it
 * - journal-stays: a change was made, and its journal could not be emptied; nothing follows from that
 */
export type NoticeKind = Exclude<Settlement, 'nothing'> | 'journal-stays';

export interface PoolNotice {
  kind: NoticeKind;
  /** The pool's file. */
  path: string;
  /** For people. */
  text: string;
}

const TEXTS: Record<NoticeKind, string> = {
  finished: 'a process died in the middle of a change; the rest of that change was made now',
  part:
    'a process died while it removed a key; the removal was finished, ' +
    'but later records of that key stayed, because another program changed the pool since',
  dropped:
    'a process died in the middle of a change, and another program changed the pool since; ' +
    'the pool stays as that program left it (hv-kvp check shows records that are there twice)',
  'journal-stays': 'the change was made, but its journal cannot be emptied; the next change tries again',
};

export const noticeOf = (kind: NoticeKind, path: string): PoolNotice => ({
  kind,
  path,
  text: `${path}: ${TEXTS[kind]}`,
});
