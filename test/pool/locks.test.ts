import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { openPools } from 'hv-kvp/pool';
import { lockHolders, tryLockFile, unlockFile } from '#internal';
import { assert, suite } from '../_support/suite.js';
import { poolDirectory, poolPath, records } from './pool-directory.js';
import { ended, firstLine, run, script } from './processes.js';

const linux = process.platform === 'linux';

async function failure(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await work;
  } catch (error) {
    return error as { code: string; message: string };
  }
  return { code: 'nothing', message: '' };
}

/** Another process that holds a lock until its stdin closes; resolves when it has it. */
async function holder(path: string, call: string) {
  const code = `import fcntl,struct,sys\nf=open(sys.argv[1],'r+b')\n${call}\nprint('held',flush=True)\nsys.stdin.read()`;
  const child = spawn('python3', ['-c', code, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  await firstLine(child);
  return {
    pid: child.pid!,
    release: () => {
      const gone = ended(child);
      child.stdin.end();
      return gone;
    },
  };
}

const FLOCK = 'fcntl.flock(f,fcntl.LOCK_EX)';
const POSIX = 'fcntl.lockf(f,fcntl.LOCK_EX)';
const OFD = "fcntl.fcntl(f,37,struct.pack('hhqqi4x',fcntl.F_WRLCK,0,0,0,0))";
const POSIX_READ = 'import os;g=os.open(sys.argv[1],os.O_RDONLY);fcntl.lockf(g,fcntl.LOCK_SH)';

suite('pool locks', ({ test, testIf }) => {
  test('writers in several processes lose nothing', async () => {
    const directory = poolDirectory();
    const writers = ['a', 'b', 'c'].map((prefix) =>
      run(process.execPath, [script('./writer.js', import.meta.url), directory, 'guest', prefix, '150', 'delete']),
    );
    for (const { code, stderr } of await Promise.all(writers)) assert.is(code, 0, stderr);
    const entries = await (await openPools(directory)).pool('guest').entries();
    const keys = entries.map(({ key }) => key).sort();
    const expected = ['a', 'b', 'c'].flatMap((prefix) => Array.from({ length: 75 }, (_, n) => `${prefix}-${n * 2}`));
    assert.equal(keys, expected.sort());
  });

  testIf(
    linux,
    'the locks of Linux',
    'beside three writers that wait in the kernel every set has its turn',
    async () => {
      const directory = poolDirectory();
      writeFileSync(poolPath(directory, 1), records(['theirs', '']));
      const code =
        'import fcntl,os,struct,sys\nwhile True:\n  f=os.open(sys.argv[1],os.O_RDWR)\n  fcntl.flock(f,fcntl.LOCK_EX)\n' +
        "  fcntl.fcntl(f,38,struct.pack('hhqqi4x',fcntl.F_WRLCK,0,0,0,0))\n  os.pread(f,2560,0);os.pwrite(f,b'x'*9,512)\n  os.close(f)";
      const writers = [1, 2, 3].map(() => spawn('python3', ['-c', code, poolPath(directory, 1)]));
      try {
        const pool = (await openPools(directory)).pool(1);
        for (let n = 0; n < 100; n++) await pool.set('ours', `${n}`);
        assert.is(await pool.get('ours'), '99');
      } finally {
        for (const writer of writers) writer.kill('SIGKILL');
      }
    },
  );

  test('two stores of one process exclude one another', async () => {
    const directory = poolDirectory();
    const stores = [await openPools(directory), await openPools(directory)];
    await Promise.all(
      stores.flatMap((store, which) => Array.from({ length: 100 }, (_, n) => store.pool(0).set(`${which}-${n}`, 'x'))),
    );
    assert.is((await stores[0]!.pool(0).entries()).length, 200);
  });

  for (const [name, call] of Object.entries({
    flock: FLOCK,
    'a process-owned record lock': POSIX,
    'an OFD lock': OFD,
  })) {
    testIf(linux, 'the locks of Linux', `${name} held by somebody else ends in an error that names them`, async () => {
      const directory = poolDirectory();
      const path = poolPath(directory, 0);
      writeFileSync(path, records(['a', '1']));
      const pools = await openPools(directory, { lockTimeoutMs: 60 });
      const other = await holder(path, call);
      for (const work of [pools.pool(0).set('b', '2'), pools.pool(0).delete('a'), pools.pool(0).get('a')]) {
        const { code, message } = await failure(work);
        assert.is(code, 'ERR_POOL_LOCKED');
        assert.match(message, `process ${other.pid} (python3`);
        assert.match(message, path);
      }
      await pools.pool(1).set('other pools', 'work');
      await other.release();
      assert.is(await pools.pool(0).get('a'), '1');
      assert.equal(readFileSync(path), records(['a', '1']));
    });
  }

  testIf(
    linux,
    'the locks of Linux',
    "a reader's lock lets readers in and stops writers after the deadline",
    async () => {
      const directory = poolDirectory();
      writeFileSync(poolPath(directory, 0), records(['a', '1']));
      const pools = await openPools(directory, { lockTimeoutMs: 60 });
      const other = await holder(poolPath(directory, 0), POSIX_READ);
      assert.is(await pools.pool(0).get('a'), '1');
      assert.is((await failure(pools.pool(0).set('a', '2'))).code, 'ERR_POOL_LOCKED');
      await other.release();
      await pools.pool(0).set('a', '2');
    },
  );

  test('a lock that is given back in time is waited for', async () => {
    const directory = poolDirectory();
    writeFileSync(poolPath(directory, 0), records(['a', '1']));
    const pools = await openPools(directory, { lockTimeoutMs: 15_000 });
    const other = await holder(poolPath(directory, 0), FLOCK);
    const write = pools.pool(0).set('b', '2');
    await other.release();
    await write;
    assert.is(await pools.pool(0).get('b'), '2');
  });
});

suite('pool calls that are cancelled', ({ testIf }) => {
  testIf(linux, 'the locks of Linux', 'a wait for the locks ends with the signal, and the pool works on', async () => {
    const directory = poolDirectory();
    const path = poolPath(directory, 0);
    writeFileSync(path, records(['a', '1']));
    const pool = (await openPools(directory, { lockTimeoutMs: 2 ** 31 - 1 })).pool(0);
    const other = await holder(path, FLOCK);
    const controller = new AbortController();
    const calls = [
      pool.set('a', '2', { signal: controller.signal }),
      pool.get('a', { signal: controller.signal }),
      pool.entries({ signal: controller.signal }),
    ];
    setTimeout(() => controller.abort(new Error('enough')), 5);
    for (const call of calls) assert.is((await failure(call)).message, 'enough');
    await other.release();
    assert.is(await pool.get('a'), '1');
  });
});

suite('file locks', ({ test, testIf }) => {
  test('each kind is taken or none: a failed attempt leaves no lock behind', () => {
    const path = poolPath(poolDirectory(), 0);
    const [one, two, three] = [openSync(path, 'w+'), openSync(path, 'r+'), openSync(path, 'r+')];
    assert.ok(tryLockFile(one, 'exclusive'));
    assert.not.ok(tryLockFile(two, 'exclusive'));
    assert.not.ok(tryLockFile(two, 'shared'));
    unlockFile(one);
    assert.ok(tryLockFile(two, 'shared'));
    assert.ok(tryLockFile(three, 'shared'));
    assert.not.ok(tryLockFile(one, 'exclusive'));
    for (const fd of [one, two, three]) closeSync(fd);
  });

  test('another descriptor that is closed drops no lock', () => {
    const path = poolPath(poolDirectory(), 0);
    const [one, two] = [openSync(path, 'w+'), openSync(path, 'r+')];
    assert.ok(tryLockFile(one, 'exclusive'));
    closeSync(openSync(path, 'r'));
    assert.not.ok(tryLockFile(two, 'shared'));
    for (const fd of [one, two]) closeSync(fd);
  });

  testIf(linux, '/proc/locks is of Linux', 'nobody holds a lock on a file that nobody locked', () => {
    assert.equal(lockHolders(1n), []);
  });
});
