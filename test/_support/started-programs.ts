/**
 * What the programs that a test starts say, kept for the report of a failure. Reading is passive: whoever started a
 * program still gets every byte.
 */
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';

/** Of each program and log file the last bytes are kept. */
const KEPT_BYTES = 8 * 1024;

interface StartedProgram {
  child: ChildProcess;
  said: Buffer[];
  bytes: number;
}

const programs: StartedProgram[] = [];
const logFiles = new Set<string>();

subscribe('child_process', (message) => {
  const program: StartedProgram = { child: (message as { process: ChildProcess }).process, said: [], bytes: 0 };
  programs.push(program);
  // The streams are made between this message and the end of the call that starts the program.
  queueMicrotask(() => {
    for (const stream of [program.child.stdout, program.child.stderr]) listen(stream, program);
  });
});

function listen(stream: Readable | null, program: StartedProgram): void {
  if (stream === null || stream === undefined) return;
  const push = stream.push.bind(stream);
  stream.push = (chunk: Buffer | string | null, encoding?: BufferEncoding) => {
    if (chunk !== null) keep(program, Buffer.from(chunk as Buffer));
    return push(chunk, encoding);
  };
}

function keep(program: StartedProgram, chunk: Buffer): void {
  program.said.push(chunk);
  program.bytes += chunk.length;
  while (program.bytes - program.said[0]!.length >= KEPT_BYTES) program.bytes -= program.said.shift()!.length;
}

/** A failure's report shows the end of this file, which a program that a test starts writes. */
export function reportLogFile(path: string): void {
  logFiles.add(path);
}

/** Forgets programs that have ended: a test that follows has nothing to do with them. */
export function forgetEndedPrograms(): void {
  const running = programs.filter(({ child }) => child.exitCode === null && child.signalCode === null);
  programs.splice(0, programs.length, ...running);
}

/** For a failure's report: each program's command, how it ended and the last that it said; then the log files. */
export function describeStartedPrograms(): string {
  const parts = programs.map(({ child, said }) => {
    const end = child.signalCode ?? child.exitCode ?? 'still running';
    return `--- ${child.spawnargs?.join(' ')} (${end})\n${tail(Buffer.concat(said))}`;
  });
  for (const path of logFiles) parts.push(`--- ${path}\n${tail(contentOf(path))}`);
  return parts.join('\n');
}

const tail = (bytes: Buffer): string => bytes.subarray(-KEPT_BYTES).toString('utf8').trimEnd();

function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    return Buffer.from(`(not readable: ${(error as Error).message})`);
  }
}
