/** Asks one of the system's programs: no shell, a clean environment, and an end within its time. */
import { execFile } from 'node:child_process';
import { KvpError } from '../../../errors.js';

/** What the program says on standard output. Rejects with ERR_NET_COMMAND. */
export type AskProgram = (argv: readonly [program: string, ...rest: string[]]) => Promise<string>;

const PATH = '/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin';
const WITHIN_MS = 2_000;
/** Of a guest's interfaces and routes there is never more. */
const MAX_BYTES = 4 * 1024 * 1024;

/** `path` is what programs are looked for in. */
export function programAsker(path: string = PATH): AskProgram {
  const options = { cwd: '/', env: { PATH: path, LC_ALL: 'C' }, timeout: WITHIN_MS, maxBuffer: MAX_BYTES };
  return ([program, ...rest]) =>
    new Promise((resolve, reject) => {
      execFile(program, rest, options, (error, said) => {
        if (error === null) resolve(said);
        else reject(new KvpError('ERR_NET_COMMAND', { detail: [program, ...rest].join(' '), cause: error }));
      });
    });
}
