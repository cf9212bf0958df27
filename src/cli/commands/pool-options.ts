/** What the commands on pool files share: the pool as an argument, where the pools are, and how a record is printed. */
import { existsSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { KvpError } from '../../errors.js';
import { defaultPoolDirectory, openPools, POOL_NAMES, type Pool, type PoolEntry } from '../../pool/index.js';
import { printable, say } from '../output.js';

export interface PoolDirectoryOptions {
  poolDir: string;
  lockTimeout: number;
}

const POOL_HELP = `pool: ${POOL_NAMES.map((name, number) => `${name} (${number})`).join(', ')}`;

function milliseconds(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 2 ** 31 - 1) throw new InvalidArgumentError('Not a number of milliseconds.');
  return value;
}

/** A command with `<pool>` as its first argument. */
export function poolCommand(name: string, description: string, pool = '<pool>'): Command {
  return new Command(name)
    .description(description)
    .argument(pool, 'name or number')
    .option('--pool-dir <dir>', 'directory of the pool files', defaultPoolDirectory())
    .addOption(
      new Option('--lock-timeout <ms>', 'how long to wait for somebody who holds the pool')
        .argParser(milliseconds)
        .default(3_000),
    )
    .addHelpText('after', `\n${POOL_HELP}`);
}

/** Opens the pool of a command, runs `work` and closes it. A directory that is mistyped is not taken for an empty one. */
export async function withPool<T>(
  name: string,
  { poolDir, lockTimeout, createDir = false }: PoolDirectoryOptions & { createDir?: boolean },
  access: 'read' | 'write',
  work: (pool: Pool) => Promise<T>,
): Promise<T> {
  if (!createDir && !existsSync(poolDir)) throw new KvpError('ERR_POOL_DIRECTORY', { detail: poolDir });
  const pools = await openPools(poolDir, {
    readOnly: access === 'read',
    lockTimeoutMs: lockTimeout,
    createDirectory: createDir,
    onNotice: ({ text }) => printNote(text),
  });
  try {
    return await work(pools.pool(name));
  } finally {
    await pools.close();
  }
}

/** For people, beside what a command prints. */
export function printNote(text: string): void {
  say(`note: ${printable(text)}`);
}

/** A record for --json; bytes that are not UTF-8 are there as Base64 too. */
export function entryJson({ index, key, value, valid, keyBytes, valueBytes }: PoolEntry) {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return { index, key, value, ...(!valid && { keyBase64: base64(keyBytes), valueBase64: base64(valueBytes) }) };
}
