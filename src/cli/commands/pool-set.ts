import { createReadStream } from 'node:fs';
import type { Command } from 'commander';
import { GUEST_KEY_UNITS, GUEST_VALUE_UNITS, VALUE_BYTES } from '../../wire/kvp.js';
import { CommandEnd, EXIT } from '../exit-codes.js';
import { printJson, say } from '../output.js';
import { type PoolDirectoryOptions, poolCommand, withPool } from './pool-options.js';

interface Options extends PoolDirectoryOptions {
  stdin?: true;
  file?: string;
  raw?: true;
  base64?: true;
  createDir?: true;
  json?: true;
}

/** `hv-kvp set POOL KEY VALUE`, or with the value from stdin or a file. */
export function setCommand(): Command {
  return poolCommand('set', 'change the value of a key, or add it')
    .argument('<key>')
    .argument('[value]', 'the value')
    .option('--stdin', 'the value is what stdin holds, without one newline at its end')
    .option('--file <path>', 'the value is what the file holds, without one newline at its end')
    .option('--raw', 'with --stdin or --file: keep the newline')
    .option('--base64', 'the value is Base64; its bytes are stored as they are')
    .option('--create-dir', 'create the directory of the pools when it is missing')
    .option('--json', 'one JSON object')
    .action(async (poolName: string, key: string, argument: string | undefined, options: Options) => {
      const given = await givenValue(argument, options);
      const value = options.base64 ? fromBase64(given.toString('latin1')) : given;
      const pool = await withPool(poolName, options, 'write', async (pool) => {
        await pool.set(key, value);
        return pool.name;
      });
      warnOfCuts(key, value.toString('utf8'));
      if (options.json) printJson({ pool, key, bytes: value.length });
    });
}

/** Exactly one source: an empty variable in a script must not empty the key. */
async function givenValue(argument: string | undefined, { stdin, file, raw }: Options): Promise<Buffer> {
  const sources = [argument, stdin, file].filter((source) => source !== undefined).length;
  if (sources !== 1) {
    throw new CommandEnd(
      EXIT.usage,
      sources === 0 ? 'give VALUE, --stdin or --file' : 'give only one of VALUE, --stdin and --file',
    );
  }
  if (argument !== undefined) {
    if (raw) throw new CommandEnd(EXIT.usage, '--raw belongs to --stdin or --file');
    return Buffer.from(argument, 'utf8');
  }
  const bytes = await readInput(file === undefined ? process.stdin : createReadStream(file));
  return raw || bytes.at(-1) !== 0x0a ? bytes : bytes.subarray(0, -1);
}

/** No more than what shows that the value is too long. */
async function readInput(input: AsyncIterable<Buffer>): Promise<Buffer> {
  const longest = VALUE_BYTES * 2;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input) {
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
  if (padless(bytes.toString('base64')) !== padless(compact))
    throw new CommandEnd(EXIT.usage, 'the value is not Base64');
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
