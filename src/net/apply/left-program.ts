/**
 * The manager's program that a change waits for, noted down so that the next process can end it when this one dies:
 * it would go on with the new configuration while the old one is being restored.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';

export interface LeftProgram {
  /** This program, the leader of a process group, has been started. */
  note(pid: number): void;
  /** Ends the one noted last with everything it started, if it runs still. For whoever holds the machine's lock. */
  end(): Promise<void>;
}

const NAME = 'net-program';
const GONE_WITHIN_MS = 1_000;
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
    async end() {
      const [pid, started] = textOf(path).trim().split(' ');
      // Another process may have got the number since, but not with the same start.
      if (started === undefined || started === '' || startTime(Number(pid)) !== started) return;
      process.kill(-Number(pid), 'SIGKILL');
      const end = performance.now() + GONE_WITHIN_MS;
      while (startTime(Number(pid)) === started && performance.now() < end) await pass(LOOK_EVERY_MS);
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
