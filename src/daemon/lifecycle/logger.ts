/** The program's logger: pino on standard error, for people on a terminal, for syslog when detached. */
import { pino } from 'pino';
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
  const level = debug ? 'debug' : 'info';
  if (detached) return pino({ level, base: null, timestamp: false }, { write: syslogWriter() });
  if (process.stderr.isTTY)
    return pino({ level, base: null }, { write: (line) => process.stderr.write(forPeople(line)) });
  // Synchronous, so that the last lines of a process that dies by a signal are there.
  return pino({ level, base: null }, pino.destination({ fd: STANDARD_ERROR, sync: true }));
}

interface Line {
  level: number;
  time?: number;
  msg: string;
}

/** pino numbers its levels 20 debug, 30 info, 40 warn, 50 error. */
const NAMES: Readonly<Record<number, keyof typeof SYSLOG_PRIORITY>> = {
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
};

function forPeople(line: string): string {
  const { level, time = 0, msg, ...fields } = JSON.parse(line) as Line;
  const clock = new Date(time).toISOString().slice(11, 23);
  return `${clock} ${NAMES[level] ?? level} ${msg}${readable(fields)}\n`;
}

function syslogWriter(): (line: string) => void {
  const write = openSyslog(IDENTIFIER);
  return (line) => {
    const { level, msg, ...fields } = JSON.parse(line) as Line;
    write(SYSLOG_PRIORITY[NAMES[level] ?? 'info'], `${msg}${readable(fields)}`);
  };
}

/** JSON escapes the control characters that a host may put into a key or value. */
function readable(fields: object): string {
  return Object.entries(fields)
    .map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
    .join('');
}
