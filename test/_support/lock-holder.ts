/** Another process that holds a lock on a file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { ended, firstLine } from '../pool/processes.js';

/** Both kinds of lock, as the beginning of a call in Python. */
export const LOCKS = { flock: 'fcntl.flock(f,fcntl.LOCK_', fcntl: 'fcntl.lockf(f,fcntl.LOCK_' } as const;
export type LockKind = keyof typeof LOCKS;

/** Holds a lock until a line comes; then appends a record under it, when it can write. */
const holderCode = (kind: LockKind, mode: 'EX' | 'SH') =>
  `import fcntl,sys\nf=open(sys.argv[1],'${mode === 'EX' ? 'ab' : 'rb'}')\n${LOCKS[kind]}${mode})\nprint('held',flush=True)\n` +
  `sys.stdin.readline()\n${mode === 'EX' ? "f.write(b'holder'.ljust(512,b'\\0')+b'1'.ljust(2048,b'\\0'));f.flush()" : ''}\n`;

/** Resolves once it is held. `as` runs the holder under other credentials, by setpriv(1). */
export async function hold(path: string, kind: LockKind, mode: 'EX' | 'SH', as: string[] = []): Promise<ChildProcess> {
  const [command = '', ...args] = [...as, '/usr/bin/python3', '-c', holderCode(kind, mode), path];
  const holder = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  await firstLine(holder);
  return holder;
}

export async function release(holder: ChildProcess): Promise<void> {
  const gone = ended(holder);
  holder.stdin?.end('\n');
  await gone;
}
