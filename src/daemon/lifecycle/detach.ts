/**
 * Going to the background. Node cannot fork, so the program starts itself again without a terminal; the first process
 * ends when the second has registered, or with what it said when it did not.
 */
import { spawn } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';

const REPORT_FD = 3;
const MARK = 'HV_KVP_DAEMON_DETACHED';
const REGISTERED = 'registered';

/** Whether this process is the one in the background. */
export const isDetached = (): boolean => process.env[MARK] === '1';

export type DetachOutcome = { kind: 'registered'; pid: number } | { kind: 'failed'; reason: string };

/** Starts this program again in the background and waits until it has registered or ended. */
export function startDetached(): Promise<DetachOutcome> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    // The working directory is kept: relative paths among the options mean the same.
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    env: { ...process.env, [MARK]: '1' },
  });
  return new Promise((resolve) => {
    let report = '';
    child.stdio[REPORT_FD]?.on('data', (chunk) => (report += chunk));
    child.stdio[REPORT_FD]?.on('close', () => {
      child.unref();
      const reason = report.trim();
      if (reason === REGISTERED && child.pid !== undefined) resolve({ kind: 'registered', pid: child.pid });
      else resolve({ kind: 'failed', reason: reason === '' ? 'ended before it registered' : reason });
    });
    child.on('error', (error) => resolve({ kind: 'failed', reason: error.message }));
  });
}

/** Tells the waiting process how it went; nothing for a process that was not detached. Once only. */
export function reportToStarter(failure?: string): void {
  if (!isDetached()) return;
  delete process.env[MARK];
  try {
    writeSync(REPORT_FD, failure ?? REGISTERED);
    closeSync(REPORT_FD);
  } catch {
    // Whoever started this process did not wait for it.
  }
}
