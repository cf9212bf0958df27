import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { openPools } from 'hv-kvp/pool';
import { nodeFiles, osLocks, type PoolFiles } from '#internal';
import { assert, suite } from '../_support/suite.js';
import { poolDirectory, poolPath, records } from './pool-directory.js';

const root = process.geteuid?.() === 0;
async function codeOf(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
    return 'nothing';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const journalPath = (directory: string) => join(directory, '.hv-kvp-journal_1');
const rights = (path: string) => {
  const { mode, uid, gid } = statSync(path);
  return [(mode & 0o777).toString(8), uid, gid];
};

suite('pool journal and who may read it', ({ test, testIf }) => {
  test('has the mode of the pool before the first value is in it, also when it was there with another', async () => {
    for (const [poolMode, journalMode] of [
      [0o600, undefined],
      [0o600, 0o644],
      [0o640, 0o644],
      [0o644, 0o600],
    ] as const) {
      const directory = poolDirectory();
      writeFileSync(poolPath(directory, 1), records(['a', 'secret']));
      chmodSync(poolPath(directory, 1), poolMode);
      if (journalMode !== undefined) {
        writeFileSync(journalPath(directory), '');
        chmodSync(journalPath(directory), journalMode);
      }
      let modeAtWrite: number | undefined;
      const files: PoolFiles = {
        ...nodeFiles,
        write(fd, bytes, position) {
          if (existsSync(journalPath(directory))) modeAtWrite ??= statSync(journalPath(directory)).mode & 0o777;
          nodeFiles.write(fd, bytes, position);
        },
      };
      await (await openPools(directory, {}, { files, locks: osLocks })).pool(1).set('a', 'other');
      assert.is(modeAtWrite, poolMode);
      assert.is(statSync(journalPath(directory)).mode & 0o777, poolMode);
    }
  });

  testIf(root, 'needs root', 'belongs to the owner and the group of the pool', async () => {
    const directory = poolDirectory();
    writeFileSync(poolPath(directory, 1), records(['a', '1']), { mode: 0o660 });
    chmodSync(poolPath(directory, 1), 0o660);
    chownSync(poolPath(directory, 1), 1000, 1001);
    await (await openPools(directory)).pool(1).set('a', '2');
    assert.equal(rights(journalPath(directory)), ['660', 1000, 1001]);
  });

  test('a journal or a pool with a second name is refused: it could be a link to somebody else’s file', async () => {
    const directory = poolDirectory();
    const victim = join(directory, 'victim');
    writeFileSync(victim, 'precious');
    linkSync(victim, journalPath(directory));
    linkSync(victim, poolPath(directory, 2));
    const pools = await openPools(directory);
    assert.is(await codeOf(() => pools.pool(1).set('a', '1')), 'ERR_POOL_JOURNAL');
    assert.is(await codeOf(() => pools.pool(2).set('a', '1')), 'ERR_POOL_FILE');
    assert.is(await codeOf(() => pools.pool(2).get('a')), 'ERR_POOL_FILE');
    assert.is(readFileSync(victim, 'utf8'), 'precious');
  });

  testIf(
    process.platform === 'linux',
    'paths of descriptors are of Linux',
    'a directory that is swapped for a link during a change leads nothing elsewhere',
    async () => {
      const parent = poolDirectory();
      const [directory, moved, elsewhere] = ['pools', 'moved', 'elsewhere'].map((name) => join(parent, name)) as [
        string,
        string,
        string,
      ];
      mkdirSync(directory);
      mkdirSync(elsewhere);
      writeFileSync(poolPath(directory, 1), records(['a', '1'], ['', '']));
      let opened = 0;
      const files: PoolFiles = {
        ...nodeFiles,
        open(path, flags, mode) {
          const fd = nodeFiles.open(path, flags, mode);
          if (++opened === 1) {
            renameSync(directory, moved);
            symlinkSync(elsewhere, directory);
          }
          return fd;
        },
      };
      const pools = await openPools(directory, {}, { files, locks: osLocks });
      await pools.pool(1).repair();
      assert.equal(readdirSync(elsewhere), []);
      assert.is(readdirSync(moved).length, 3, 'pool, journal and copy stand together');
    },
  );
});
