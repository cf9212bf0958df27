import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openPools } from 'hv-kvp/pool';
import { insidePrivateMachine } from '../_support/private-machine.js';
import { assert, suite } from '../_support/suite.js';
import { poolPath, records } from '../pool/pool-directory.js';
import { ended, firstLine, run, script } from '../pool/processes.js';

const CLI = fileURLToPath(new URL('../../../dist/bin/hv-kvp.js', import.meta.url));

/** Starting a process a thousand times takes a minute: the whole is in test/soak. */
const SHELLS = 8;
const SETS = Number(process.env['HV_KVP_SHELL_SETS'] ?? 20);

async function failure(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await work;
  } catch (error) {
    return error as { code: string; message: string };
  }
  return { code: 'nothing', message: '' };
}

const disks: string[] = [];
process.on('exit', () => {
  for (const directory of disks) {
    execFileSync('umount', ['-l', directory]);
    rmdirSync(directory);
  }
});

/** A file system of `kibibytes`, in this private machine only. */
function smallDisk(kibibytes: number): string {
  const directory = mkdtempSync(join(tmpdir(), 'hv-kvp-disk-'));
  disks.push(directory);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k,mode=755`, 'pool-disk', directory]);
  return directory;
}

const dropPrivileges = (args: string[]) =>
  spawn('setpriv', ['--reuid', '1000', '--regid', '1000', '--clear-groups', ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });

if (await insidePrivateMachine(fileURLToPath(import.meta.url))) {
  suite('pool storage', ({ test }) => {
    test('a full disk: the growing pool ends in an error, and every record before it stays', async () => {
      const directory = smallDisk(64);
      const pools = await openPools(directory);
      let stored = 0;
      let refused = '';
      while (refused === '' && stored < 100) {
        const { code } = await failure(pools.pool(0).set(`k${stored}`, 'v'.repeat(1000)));
        if (code === 'nothing') stored++;
        else refused = code;
      }
      assert.is(refused, 'ERR_POOL_IO');
      assert.ok(stored > 5);
      assert.is(statSync(poolPath(directory, 0)).size, stored * 2560);
      const again = await openPools(directory);
      assert.is((await again.pool(0).entries()).length, stored);
      // A removal needs journal space: refused too, and nothing is lost. What needs none is possible on a full disk.
      const { code } = await failure(again.pool(0).delete('k0'));
      assert.is((await again.pool(0).entries()).length, code === 'nothing' ? stored - 1 : stored);
      assert.is(await again.pool(0).delete(`k${stored - 1}`), 1);
      await again.pool(0).set('k1', 'changed in place');
    });

    test('a full disk where another writer takes every block that is freed', async () => {
      const directory = smallDisk(512);
      const pools = await openPools(directory);
      const values = Array.from({ length: 40 }, (_, n): [string, string] => [`k${n}`, `${n}`]);
      await pools.pool(0).setMany(values);
      const thief = spawn('python3', [
        '-c',
        "import sys\nf=open(sys.argv[1],'ab',buffering=0)\nprint('on',flush=True)\nwhile True:\n  try: f.write(b'x'*512)\n  except OSError: pass",
        join(directory, 'thief'),
      ]);
      try {
        await firstLine(thief);
        const expected = new Map(values);
        for (let round = 0; round < 60; round++) {
          const key = `k${round % 50}`;
          const { code } = await failure(pools.pool(0).set(key, `${round} ${'w'.repeat(900)}`));
          if (code === 'nothing') expected.set(key, `${round} ${'w'.repeat(900)}`);
          else assert.is(code, 'ERR_POOL_IO');
          if (round % 7 === 0) {
            const gone = await failure(pools.pool(0).delete(`k${round % 40}`));
            if (gone.code === 'nothing') expected.delete(`k${round % 40}`);
          }
        }
        const entries = await (await openPools(directory)).pool(0).entries();
        assert.equal(new Map(entries.map(({ key, value }) => [key, value])), expected);
      } finally {
        thief.kill('SIGKILL');
      }
    });

    test('remounted read-only: reads go on, writes say why, and work again afterwards', async () => {
      const directory = smallDisk(512);
      const pools = await openPools(directory);
      await pools.pool(0).set('a', '1');
      execFileSync('mount', ['-o', 'remount,ro', directory]);
      assert.is(await pools.pool(0).get('a'), '1');
      for (const work of [pools.pool(0).set('a', '2'), pools.pool(0).delete('a'), pools.pool(1).set('b', '1')]) {
        const { code, message } = await failure(work);
        assert.is(code, 'ERR_POOL_IO');
        assert.match(message, 'EROFS');
      }
      const fresh = await openPools(directory);
      assert.is(await fresh.pool(0).get('a'), '1');
      assert.equal(await fresh.pool(1).entries(), []);
      execFileSync('mount', ['-o', 'remount,rw', directory]);
      await pools.pool(0).set('a', '2');
      assert.is(await fresh.pool(0).get('a'), '2');
    });

    test('a user without privileges: own directory, readable pools, and a typed error for the rest', async () => {
      const directory = smallDisk(512);
      writeFileSync(poolPath(directory, 0), records(['public', '1']), { mode: 0o644 });
      writeFileSync(poolPath(directory, 1), records(['secret', '1']), { mode: 0o600 });
      chmodSync(directory, 0o755);
      const command = (...args: string[]) =>
        ended(dropPrivileges([process.execPath, CLI, ...args, '--pool-dir', directory]));
      assert.is((await command('get', 'external', 'public')).stdout, '1\n');
      const unreadable = await command('get', 'guest', 'secret');
      assert.is(unreadable.code, 3);
      assert.match(unreadable.stderr, 'EACCES');
      assert.is((await command('set', 'external', 'public', '2')).code, 3);

      const own = join(directory, 'own');
      mkdirSync(own);
      execFileSync('chown', ['1000:1000', own]);
      const inOwn = (...args: string[]) => ended(dropPrivileges([process.execPath, CLI, ...args, '--pool-dir', own]));
      assert.is((await inOwn('set', 'guest', 'k', 'v')).code, 0);
      assert.is((await inOwn('get', 'guest', 'k')).stdout, 'v\n');
      assert.is((await inOwn('delete', 'guest', 'k')).code, 0);
    });

    test("an unprivileged user's read lock on a public pool delays a write; it does not stop the others", async () => {
      const directory = smallDisk(512);
      const pools = await openPools(directory, { lockTimeoutMs: 60 });
      await pools.pool(0).set('a', '1');
      const code =
        "import fcntl,sys\nf=open(sys.argv[1],'rb')\nfcntl.lockf(f,fcntl.LOCK_SH)\nprint('held',flush=True)\nsys.stdin.read()";
      const holder = dropPrivileges(['/usr/bin/python3', '-c', code, poolPath(directory, 0)]);
      await firstLine(holder);
      const { code: refused, message } = await failure(pools.pool(0).set('a', '2'));
      assert.is(refused, 'ERR_POOL_LOCKED');
      assert.match(message, `process ${holder.pid} (python3`);
      assert.is(await pools.pool(0).get('a'), '1');
      await pools.pool(1).set('b', '1');
      const gone = ended(holder);
      holder.stdin.end();
      await gone;
      await pools.pool(0).set('a', '2');
    });
  });

  suite('pool among other writers', ({ test }) => {
    test(
      'appends under flock while three processes set and delete: none lost, none misread',
      async () => {
        const directory = smallDisk(8192);
        writeFileSync(poolPath(directory, 1), '');
        const append =
          "import fcntl,sys\nfor i in range(400):\n  with open(sys.argv[1],'ab') as f:\n    fcntl.flock(f,fcntl.LOCK_EX)\n" +
          "    f.write(('append-%d'%i).encode().ljust(512,b'\\0')+('value %d'%i).encode().ljust(2048,b'\\0'))\n    f.flush()\n    fcntl.flock(f,fcntl.LOCK_UN)";
        const writers = ['x', 'y', 'z'].map((prefix) =>
          run(process.execPath, [
            script('../pool/writer.js', import.meta.url),
            directory,
            'guest',
            prefix,
            '200',
            'delete',
          ]),
        );
        const results = await Promise.all([run('python3', ['-c', append, poolPath(directory, 1)]), ...writers]);
        for (const { code, stderr } of results) assert.is(code, 0, stderr);
        const pool = (await openPools(directory)).pool('guest');
        const entries = await pool.entries();
        assert.is(entries.length, 400 + 3 * 100);
        for (let n = 0; n < 400; n++) assert.is(await pool.get(`append-${n}`), `value ${n}`);
        assert.equal(await pool.check(), []);
      },
      { limit: 120_000 },
    );

    test('a shell with flock(1) and ours', async () => {
      const directory = smallDisk(512);
      const path = poolPath(directory, 0);
      await (await openPools(directory)).pool(0).set('counter', '0');
      const holder = spawn('flock', ['-x', path, 'sh', '-c', 'echo held; read line']);
      await firstLine(holder);
      const pools = await openPools(directory, { lockTimeoutMs: 50 });
      assert.is((await failure(pools.pool(0).set('counter', '1'))).code, 'ERR_POOL_LOCKED');
      const gone = ended(holder);
      holder.stdin.end('\n');
      await gone;
      await pools.pool(0).set('counter', '1');
    });

    test('a reader without any lock never misses a record that stays', async () => {
      const directory = smallDisk(4096);
      const path = poolPath(directory, 0);
      const pools = await openPools(directory);
      const kept = Array.from({ length: 300 }, (_, n): [string, string] => [`kept${n}`, 'v']);
      await pools.pool(0).setMany(kept);
      const reader = spawn(process.execPath, [script('./pool-lockless-reader.js', import.meta.url), path, '300']);
      await firstLine(reader);
      for (let round = 0; round < 150; round++) {
        await pools.pool(0).set('passing', `${round}`);
        await pools.pool(0).set('kept0', `${round}`);
        await pools.pool(0).delete('passing');
      }
      const result = ended(reader);
      rmSync(path);
      const { code, stdout } = await result;
      console.log(stdout.trim());
      assert.is(code, 0, stdout);
    });

    test(
      `${SHELLS * SETS} times \`hv-kvp set\` from parallel shells lose nothing`,
      async () => {
        const directory = smallDisk(8192);
        const script = `for n in $(seq 1 ${SETS}); do '${process.execPath}' '${CLI}' set guest "$0-$n" "$n" --pool-dir '${directory}' --lock-timeout 60000 || exit 1; done`;
        const shells = Array.from({ length: SHELLS }, (_, shell) => run('sh', ['-c', script, `shell${shell}`]));
        for (const { code, stderr } of await Promise.all(shells)) assert.is(code, 0, stderr);
        const entries = await (await openPools(directory)).pool('guest').entries();
        assert.is(new Set(entries.map(({ key }) => key)).size, SHELLS * SETS);
        assert.is(readFileSync(poolPath(directory, 1)).length, SHELLS * SETS * 2_560);
      },
      { limit: 280_000 },
    );
  });
}
