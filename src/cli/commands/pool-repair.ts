import { type Command, Option } from 'commander';
import type { RepairOptions } from '../../pool/index.js';
import { printJson, printLine } from '../output.js';
import { describeFinding } from './pool-check.js';
import { type PoolDirectoryOptions, poolCommand, printNote, withPool } from './pool-options.js';

interface Options extends PoolDirectoryOptions, Omit<RepairOptions, 'keys'> {
  key: string[];
  json?: true;
}

/** `hv-kvp repair POOL`: mends what `check` finds and can be mended without guessing; a copy of the file is kept. */
export function repairCommand(): Command {
  return poolCommand('repair', 'clean the records of a pool; a copy of the file is kept beside it')
    .addOption(
      new Option('--duplicates <which>', 'which of several values of one key stays, for each --key')
        .choices(['keep', 'first', 'last'])
        .default('keep'),
    )
    .option('--replace-invalid', 'put U+FFFD where text is not UTF-8')
    .option(
      '--key <key>',
      'a key whose records may be changed although they repeat or end inside a character; may be given several times',
      (key: string, keys: string[]) => [...keys, key],
      [],
    )
    .option('--json', 'one JSON object')
    .action(async (poolName: string, options: Options) => {
      const { pool, found, backup, left } = await withPool(poolName, options, 'write', async (pool) => {
        const { findings, backup } = await pool.repair({ ...options, keys: options.key });
        return { pool: pool.name, found: findings, backup: backup ?? null, left: await pool.check() };
      });
      if (options.json) {
        printJson({ pool, found, backup, left });
        return;
      }
      printLine(backup === null ? 'nothing to mend' : `mended; the file as it was: ${backup}`);
      for (const finding of left) printLine(`left as it is: ${describeFinding(finding)}`);
      if (options.duplicates !== 'keep' && options.key.length === 0) {
        printNote('some programs repeat a key on purpose: --duplicates changes only the keys that --key names');
      }
    });
}
