import type { Command } from 'commander';
import { printable, printJson, printLine } from '../output.js';
import { entryJson, type PoolDirectoryOptions, poolCommand, withPool } from './pool-options.js';

interface Options extends PoolDirectoryOptions {
  json?: true;
}

/** `hv-kvp list POOL`: one `key<TAB>value` a line, control characters escaped so that a line is a record. */
export function listCommand(): Command {
  return poolCommand('list', 'print every key and value')
    .option('--json', 'one JSON object')
    .action(async (poolName: string, options: Options) => {
      const { pool, entries } = await withPool(poolName, options, 'read', async (pool) => ({
        pool: pool.name,
        entries: await pool.entries(),
      }));
      if (options.json) printJson({ pool, entries: entries.map(entryJson) });
      else for (const { key, value } of entries) printLine(`${printable(key)}\t${printable(value)}`);
    });
}
