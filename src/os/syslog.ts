/** syslog(3), for a daemon that has no terminal. */
import { libc } from './libc.js';

const LOG_USER = 1 << 3;
const LOG_PID = 0x01;

export const SYSLOG_PRIORITY = { error: 3, warn: 4, info: 6, debug: 7 } as const;

/** Writes lines under this identifier. Throws ERR_OS_UNAVAILABLE where the C library cannot be called. */
export function openSyslog(identifier: string): (priority: number, line: string) => void {
  const { koffi, library } = libc();
  const openlog = library.func('void openlog(void *identifier, int options, int facility)');
  const syslog = library.func('void syslog(int priority, const char *format, ...)');
  // The C library keeps the pointer, so the text must never be freed.
  const text = koffi.alloc('char', identifier.length + 1);
  koffi.encode(text, koffi.array('char', identifier.length + 1, 'String'), identifier);
  openlog(text, LOG_PID, LOG_USER);
  return (priority, line) => syslog(priority, '%s', 'const char *', line);
}
