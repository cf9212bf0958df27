import type { Command } from 'commander';
import type { Finding } from '../../pool/index.js';
import { CommandEnd, EXIT } from '../exit-codes.js';
import { printable, printJson, printLine } from '../output.js';
import { type PoolDirectoryOptions, poolCommand, withPool } from './pool-options.js';

interface Options extends PoolDirectoryOptions {
  json?: true;
}

/** `hv-kvp check POOL`: what is wrong with the records; exit code 1 when anything is. */
export function checkCommand(): Command {
  return poolCommand('check', 'look for damaged, stale and doubtful records')
    .option('--json', 'one JSON object')
    .action(async (poolName: string, options: Options) => {
      const { pool, findings } = await withPool(poolName, options, 'read', async (pool) => ({
        pool: pool.name,
        findings: await pool.check(),
      }));
      if (options.json) printJson({ pool, findings });
      else for (const finding of findings) printLine(describeFinding(finding));
      if (findings.length > 0) throw new CommandEnd(EXIT.negative);
    });
}

export function describeFinding({ kind, index, key, detail }: Finding): string {
  return `record ${index} (${printable(key)}): ${kind}, ${printable(detail)}`;
}
