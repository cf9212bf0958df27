/** Ends the daemon at an exact step of a change: at a system call that strace watches for. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { OurDaemon } from '../../_support/our-daemon.js';

export interface Step {
  /** Of system calls, such as `rename`; the daemon dies before it is carried out. */
  call: 'rename' | 'fsync' | 'unlink' | 'write' | 'wait4';
  /** From 1, of those from now on. */
  nth: number;
  /** Only calls on this path, by whichever thread; else those of the main thread. */
  path?: string;
}

/** Resolves when the trap is set. */
export async function killAt({ process }: OurDaemon, { call, nth, path }: Step): Promise<void> {
  const calls = call === 'rename' ? 'rename,renameat,renameat2' : call === 'unlink' ? 'unlink,unlinkat' : call;
  const strace = spawn(
    'strace',
    [
      ...['-p', String(process.pid), '-e', `trace=${calls}`, '-e', `inject=${calls}:signal=KILL:when=${nth}`],
      ...(path === undefined ? [] : ['-f', '-P', path]),
    ],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  strace.stdout.resume();
  let said = '';
  for await (const chunk of strace.stderr.iterator({ destroyOnReturn: false })) {
    said += chunk;
    if (said.includes('attached')) break;
  }
  strace.stderr.resume();
  if (!said.includes('attached')) throw new Error(`strace: ${said} ${await once(strace, 'exit')}`);
}
