import type { Command } from 'commander';
import { CommandEnd, EXIT } from '../exit-codes.js';
import { printable, printJson, printLine, printRaw } from '../output.js';
import { type PoolDirectoryOptions, poolCommand, withPool } from './pool-options.js';

interface Options extends PoolDirectoryOptions {
  raw?: true;
  base64?: true;
  json?: true;
}

/** `hv-kvp get POOL KEY`: the value on stdout; exit code 1 when there is none. */
export function getCommand(): Command {
  return poolCommand('get', 'print the value of a key')
    .argument('<key>')
    .option('--raw', 'the bytes as they are, without a newline')
    .option('--base64', 'the bytes as Base64')
    .option('--json', 'one JSON object')
    .action(async (poolName: string, key: string, options: Options) => {
      const { pool, bytes } = await withPool(poolName, options, 'read', async (pool) => ({
        pool: pool.name,
        bytes: await pool.getBytes(key),
      }));
      if (bytes === undefined) throw new CommandEnd(EXIT.negative, `no key ${printable(key)} in pool ${pool}`);
      print(pool, key, Buffer.from(bytes), options);
    });
}

function print(pool: string, key: string, bytes: Buffer, { raw, base64, json }: Options): void {
  const value = bytes.toString('utf8');
  if (json) printJson({ pool, key, value, ...(base64 && { base64: bytes.toString('base64') }) });
  else if (base64) printLine(bytes.toString('base64'));
  else if (raw) printRaw(bytes);
  else if (process.stdout.isTTY) printLine(printable(value));
  else printRaw(`${value}\n`);
}
