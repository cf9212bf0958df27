/**
 * The program's logger: pino on standard error, for people on a terminal, for syslog when detached. It is pino's build
 * without streams: what a daemon writes is a line a minute, and the other one costs 6 MB and 12 ms of every start.
 */
import { writeSync } from 'node:fs';
import pino from 'pino/browser.js';
import { openSyslog, SYSLOG_PRIORITY } from '../../os/syslog.js';
import type { Logger } from '../log.js';

export interface ProgramLoggerOptions {
  debug: boolean;
  /** Standard error goes nowhere: write to syslog, as the stock daemon does, under its identifier. */
  detached: boolean;
}

const STANDARD_ERROR = 2;
const IDENTIFIER = 'KVP';

export function programLogger({ debug, detached }: ProgramLoggerOptions): Logger {
  const write = detached ? syslogWriter() : process.stderr.isTTY ? writeForPeople : writeJson;
  return pino({ level: debug ? 'debug' : 'info', browser: { write: (line) => write(line as Line) } });
}

interface Line {
  /** pino numbers its levels 20 debug, 30 info, 40 warn, 50 error. */
  level: number;
  time: number;
  msg: string;
}

const NAMES: Readonly<Record<number, keyof typeof SYSLOG_PRIORITY>> = {
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
};

function writeForPeople({ level, time, msg, ...fields }: Line): void {
  const clock = new Date(time).toISOString().slice(11, 23);
  writeLine(`${clock} ${NAMES[level] ?? level} ${msg}${readable(fields)}`);
}

const writeJson = (line: Line): void => writeLine(JSON.stringify(line));

/** Synchronous, so that the last lines of a process that dies by a signal are there. */
function writeLine(line: string): void {
  try {
    writeSync(STANDARD_ERROR, `${line}\n`);
  } catch {
    // Nobody reads it, or not fast enough: no reason to stop serving.
  }
}

function syslogWriter(): (line: Line) => void {
  const write = openSyslog(IDENTIFIER);
  return ({ level, time: _time, msg, ...fields }) =>
    write(SYSLOG_PRIORITY[NAMES[level] ?? 'info'], `${msg}${readable(fields)}`);
}

/** JSON escapes the control characters that a host may put into a key or value. */
function readable(fields: object): string {
  return Object.entries(fields)
    .map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
    .join('');
}
