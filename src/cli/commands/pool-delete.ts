import type { Command } from 'commander';
import { CommandEnd, EXIT } from '../exit-codes.js';
import { printable, printJson } from '../output.js';
import { type PoolDirectoryOptions, poolCommand, withPool } from './pool-options.js';

interface Options extends PoolDirectoryOptions {
  json?: true;
}

/** `hv-kvp delete POOL KEY`: removes every record with the key; exit code 1 when there was none. */
export function deleteCommand(): Command {
  return poolCommand('delete', 'remove a key')
    .argument('<key>')
    .option('--json', 'one JSON object')
    .action(async (poolName: string, key: string, options: Options) => {
      const { pool, deleted } = await withPool(poolName, options, 'write', async (pool) => ({
        pool: pool.name,
        deleted: await pool.delete(key),
      }));
      if (options.json) printJson({ pool, key, deleted });
      if (deleted === 0) {
        throw new CommandEnd(EXIT.negative, options.json ? '' : `no key ${printable(key)} in pool ${pool}`);
      }
    });
}
