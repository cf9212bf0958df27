/**
 * The manager's program that a change waits for, noted down so that the next process can wait for it too when this one
 * dies: it would go on with the new configuration while the old one is being restored. Only one that does not end is
 * killed, since what it started may hold locks that nobody would take away.
 *
 * A note is believed where nobody else could have written it, in the boot in which it was written, and of a process that
 * is still the same one.
 */
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { bootId, startOfLeader } from '../../os/process-identity.js';
import { killGroup } from './run-command.js';
import { StateDirectory } from './state-directory.js';

export interface LeftProgram {
  /** This program, the leader of a session, has been started. */
  note(pid: number): void;
  /**
   * Resolves when the one noted last has ended: by itself within `withinMs`, or killed with everything that it started.
   * For whoever holds the machine's lock.
   */
  end(withinMs: number): Promise<void>;
}

const NAME = 'net-program';
const MAX_BYTES = 128;
const NOTE = /^([1-9][0-9]{0,9}) ([0-9]{1,20}) ([0-9a-f-]{36})\n$/;
/** Without the boot. */
const NOTE_OF_0_1_0 = /^[0-9]+ [0-9]*\n$/;
const KILL_AFTER_MS = 500;
const LOOK_EVERY_MS = 10;

/** `tell` hears, in a sentence, of a note that cannot be written or is not believed. The change goes on without. */
export function leftProgram(stateDir: string, tell: (text: string) => void = () => {}): LeftProgram {
  const path = join(stateDir, NAME);

  function within(act: (state: StateDirectory) => void, state: StateDirectory | undefined): void {
    try {
      if (state !== undefined) act(state);
    } finally {
      state?.close();
    }
  }

  function noted(): { pid: number; started: string } | undefined {
    let found: ReturnType<StateDirectory['read']>;
    within((state) => {
      found = state.read(NAME, MAX_BYTES);
    }, StateDirectory.open(stateDir));
    if (found === undefined) return undefined;
    if ('problem' in found) {
      tell(`${path} ${found.problem}: it is not believed`);
      return undefined;
    }
    const [, pid, started, boot] = NOTE.exec(found.text) ?? [];
    if (started !== undefined) return boot === bootId() ? { pid: Number(pid), started } : undefined;
    const why = NOTE_OF_0_1_0.test(found.text)
      ? 'is of version 0.1.0 and does not say of which boot'
      : 'is no note of ours';
    tell(`${path} ${why}: it is not believed`);
    return undefined;
  }

  return {
    note(pid) {
      const started = startOfLeader(pid);
      if (started === undefined) return;
      try {
        within((state) => state.write(NAME, `${pid} ${started} ${bootId()}\n`), StateDirectory.ensure(stateDir));
      } catch (error) {
        // A full disk is no reason to stop a change; its journal is written.
        tell(`${path} could not be written: ${error instanceof Error ? error.message : error}`);
      }
    },
    async end(withinMs) {
      const program = noted();
      if (program === undefined) return;
      const { pid, started } = program;
      const runs = () => startOfLeader(pid) === started;
      const ended = async (ms: number) => {
        for (const end = performance.now() + ms; runs(); await pass(LOOK_EVERY_MS))
          if (performance.now() >= end) return false;
        return true;
      };
      for (const [ms, signal] of [
        [withinMs, 'SIGTERM'],
        [KILL_AFTER_MS, 'SIGKILL'],
      ] as const) {
        if (await ended(ms)) return;
        killGroup(pid, signal);
      }
      await ended(KILL_AFTER_MS);
    },
  };
}
