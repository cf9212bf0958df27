/**
 * The program's logger: pino on standard error, for people on a terminal, for syslog when detached. It is pino's build
 * without streams: what a daemon writes is a line a minute, and the other one costs 6 MB and 12 ms of every start.
 */
import { writeSync } from 'node:fs';
import pino from 'pino/browser.js';
import { openSyslog, SYSLOG_PRIORITY } from '../../os/syslog.js';
import { printable, printableJson } from '../../printable.js';
import type { Logger } from '../log.js';

const STANDARD_ERROR = 2;
const IDENTIFIER = 'KVP';

type Level = keyof typeof SYSLOG_PRIORITY;

export interface LogLine {
  level: Level;
  text: string;
}

/** For a terminal, for a program that reads standard error, for syslog, which adds the time itself. */
export type LogStyle = 'people' | 'json' | 'syslog';

interface PinoLine {
  level: number;
  time: number;
  msg: string;
}

const LEVELS: Readonly<Record<number, Level>> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error' };

/** A logger that hands each line to `write`, safe to show whatever a host, a file or a program put into it. */
export function formattingLogger(debug: boolean, style: LogStyle, write: (line: LogLine) => void): Logger {
  return pino({
    level: debug ? 'debug' : 'info',
    browser: {
      write(object) {
        const line = object as PinoLine;
        write({ level: LEVELS[line.level] ?? 'info', text: STYLES[style](line) });
      },
    },
  });
}

const STYLES: Readonly<Record<LogStyle, (line: PinoLine) => string>> = {
  people({ level, time, msg, ...fields }) {
    const clock = new Date(time).toISOString().slice(11, 23);
    return `${clock} ${LEVELS[level] ?? level} ${printable(msg)}${readable(fields)}`;
  },
  json: (line) => printableJson(line),
  syslog: ({ level: _level, time: _time, msg, ...fields }) => `${printable(msg)}${readable(fields)}`,
};

const readable = (fields: object): string =>
  Object.entries(fields)
    .map(([name, value]) => ` ${printable(name)}=${printableJson(value)}`)
    .join('');

/** `detached`: standard error goes nowhere, so lines go to syslog, as the stock daemon's do, under its identifier. */
export function programLogger({ debug, detached }: { debug: boolean; detached: boolean }): Logger {
  if (detached) {
    const syslog = openSyslog(IDENTIFIER);
    return formattingLogger(debug, 'syslog', ({ level, text }) => syslog(SYSLOG_PRIORITY[level], text));
  }
  return formattingLogger(debug, process.stderr.isTTY ? 'people' : 'json', standardErrorWriter());
}

/** Synchronous, so that the last lines of a process that dies by a signal are there. */
function standardErrorWriter(): (line: LogLine) => void {
  let unwritten = 0;
  return ({ text }) => {
    const missing = unwritten === 0 ? '' : `${JSON.stringify({ msg: 'log lines could not be written', unwritten })}\n`;
    try {
      writeSync(STANDARD_ERROR, `${missing}${text}\n`);
      unwritten = 0;
    } catch {
      // Nobody reads it, or not fast enough: no reason to stop serving.
      unwritten++;
    }
  };
}
