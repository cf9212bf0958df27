/**
 * The manager's program that a change waits for, noted down so that the next process can wait for it too when this one
 * dies: it would go on with the new configuration while the old one is being restored. Only one that does not end is
 * killed, since what it started may hold locks that nobody would take away.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { killGroup } from './run-command.js';

export interface LeftProgram {
  /** This program, the leader of a process group, has been started. */
  note(pid: number): void;
  /**
   * Resolves when the one noted last has ended: by itself within `withinMs`, or killed with everything that it started.
   * For whoever holds the machine's lock.
   */
  end(withinMs: number): Promise<void>;
}

const NAME = 'net-program';
const KILL_AFTER_MS = 500;
const LOOK_EVERY_MS = 10;

export function leftProgram(stateDir: string): LeftProgram {
  const path = join(stateDir, NAME);
  return {
    note(pid) {
      try {
        writeFileSync(path, `${pid} ${startTime(pid)}\n`, { mode: 0o600 });
      } catch {
        // A full disk is no reason to stop a change; its journal is written.
      }
    },
    async end(withinMs) {
      const [pid, started] = textOf(path).trim().split(' ');
      // Another process may have got the number since, but not with the same start.
      if (started === undefined || started === '') return;
      const ended = async (ms: number) => {
        for (const end = performance.now() + ms; startTime(Number(pid)) === started; await pass(LOOK_EVERY_MS))
          if (performance.now() >= end) return false;
        return true;
      };
      if (await ended(withinMs)) return;
      killGroup(Number(pid), 'SIGTERM');
      if (await ended(KILL_AFTER_MS)) return;
      killGroup(Number(pid), 'SIGKILL');
      await ended(KILL_AFTER_MS);
    },
  };
}

/** In clock ticks since the boot, as proc(5) has it; '' for a process that has ended, and where there is no /proc. */
function startTime(pid: number): string {
  const [state, ...fields] = textOf(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  return state === 'Z' ? '' : (fields[18] ?? '');
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
