import { isUtf8 } from 'node:buffer';
import type { Command } from 'commander';
import { CommandEnd, EXIT } from '../exit-codes.js';
import { printable, printJson, printLine, printRaw } from '../output.js';
import { type PoolDirectoryOptions, poolCommand, printNote, withPool } from './pool-options.js';

interface Options extends PoolDirectoryOptions {
  last?: true;
  raw?: true;
  base64?: true;
  json?: true;
}

/** `hv-kvp get POOL KEY`: the value on stdout; exit code 1 when there is none. */
export function getCommand(): Command {
  return poolCommand('get', 'print the value of a key')
    .argument('<key>')
    .option('--last', 'of several records with the key, the last instead of the first')
    .option('--raw', 'the bytes as they are, without a newline')
    .option('--base64', 'the bytes as Base64')
    .option('--json', 'one JSON object; of a value that is not UTF-8 with "valid": false and the bytes as Base64')
    .action(async (poolName: string, key: string, options: Options) => {
      const { pool, entries } = await withPool(poolName, options, 'read', async (pool) => ({
        pool: pool.name,
        entries: await pool.entriesOf(key),
      }));
      const entry = entries.at(options.last ? -1 : 0);
      if (entry === undefined) throw new CommandEnd(EXIT.negative, `no key ${printable(key)} in pool ${pool}`);
      const records = entries.length;
      print({ pool, key, records }, Buffer.from(entry.valueBytes), options);
      if (records > 1) {
        const which = options.last ? 'this is the last' : 'this is the first; --last prints the last';
        printNote(`the key ${key} stands ${records} times in pool ${pool}; ${which}`);
      }
    });
}

interface Place {
  pool: string;
  key: string;
  records: number;
}

function print({ pool, key, records }: Place, bytes: Buffer, { raw, base64, json }: Options): void {
  const value = bytes.toString('utf8');
  if (json) {
    const valid = isUtf8(bytes);
    printJson({
      pool,
      key,
      value,
      ...(records > 1 && { records }),
      ...(!valid && { valid }),
      ...((base64 || !valid) && { base64: bytes.toString('base64') }),
    });
  } else if (base64) printLine(bytes.toString('base64'));
  else if (raw) printRaw(bytes);
  else if (process.stdout.isTTY) printLine(printable(value));
  else printRaw(`${value}\n`);
}
