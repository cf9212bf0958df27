import type { Command } from 'commander';
import { MisuseError } from '../../errors.js';
import { GUEST_KEY_UNITS, GUEST_VALUE_UNITS, VALUE_BYTES } from '../../wire/kvp.js';
import { printJson, say } from '../output.js';
import { type PoolDirectoryOptions, poolCommand, withPool } from './pool-options.js';

interface Options extends PoolDirectoryOptions {
  base64?: true;
  json?: true;
}

/** `hv-kvp set POOL KEY [VALUE]`: without VALUE the bytes of stdin are the value, a newline at their end included. */
export function setCommand(): Command {
  return poolCommand('set', 'change the value of a key, or add it')
    .argument('<key>')
    .argument('[value]', 'the value; without it, all of stdin')
    .option('--base64', 'the value is Base64; its bytes are stored as they are')
    .option('--json', 'one JSON object')
    .action(async (poolName: string, key: string, argument: string | undefined, options: Options) => {
      const given = argument === undefined ? await readInput() : Buffer.from(argument, 'utf8');
      const value = options.base64 ? fromBase64(given.toString('latin1')) : given;
      const pool = await withPool(poolName, options, 'write', async (pool) => {
        await pool.set(key, value);
        return pool.name;
      });
      warnOfCuts(key, value.toString('utf8'));
      if (options.json) printJson({ pool, key, bytes: value.length });
    });
}

/** No more than what shows that the value is too long. */
async function readInput(): Promise<Buffer> {
  const longest = VALUE_BYTES * 2;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > longest) break;
  }
  return Buffer.concat(chunks);
}

function fromBase64(text: string): Buffer {
  const compact = text.replace(/\s/g, '');
  const bytes = Buffer.from(compact, 'base64');
  const padless = (base64: string) => base64.replace(/=+$/, '');
  if (padless(bytes.toString('base64')) !== padless(compact)) throw new MisuseError('the value is not Base64');
  return bytes;
}

function warnOfCuts(key: string, value: string): void {
  const warn = (what: string, units: number, limit: number) => {
    if (units <= limit) return;
    say(`warning: the ${what} has ${units} UTF-16 units; Linux shows a host ${limit} of them`);
  };
  warn('key', key.length, GUEST_KEY_UNITS);
  warn('value', value.length, GUEST_VALUE_UNITS);
}
