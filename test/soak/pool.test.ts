import { writeFileSync } from 'node:fs';
import { openPools } from 'hv-kvp/pool';
import { assert, suite } from '../_support/suite.js';
import { poolDirectory, poolPath } from '../pool/pool-directory.js';
import { run, script } from '../pool/processes.js';

const HOUR_MS = 3_000_000;

suite('pool soak', ({ test }) => {
  test(
    '100,000 writes by four of our processes and two flock writers: none lost',
    async () => {
      const directory = poolDirectory();
      const path = poolPath(directory, 1);
      writeFileSync(path, '');
      const append = (prefix: string) =>
        run('/usr/bin/python3', [
          '-c',
          "import fcntl,sys\nfor i in range(10000):\n  with open(sys.argv[1],'ab') as f:\n    fcntl.flock(f,fcntl.LOCK_EX)\n" +
            "    f.write(('%s-%d'%(sys.argv[2],i)).encode().ljust(512,b'\\0')+b'v'.ljust(2048,b'\\0'))\n    f.flush()\n    fcntl.flock(f,fcntl.LOCK_UN)",
          path,
          prefix,
        ]);
      const write = (prefix: string) =>
        run(process.execPath, [script('../pool/writer.js', import.meta.url), directory, 'guest', prefix, '20000']);
      const results = await Promise.all([...['p', 'q'].map(append), ...['a', 'b', 'c', 'd'].map(write)]);
      for (const { code, stderr } of results) assert.is(code, 0, stderr);
      const entries = await (await openPools(directory)).pool('guest').entries();
      assert.is(entries.length, 100_000);
      assert.is(new Set(entries.map(({ key }) => key)).size, 100_000);
    },
    { limit: HOUR_MS },
  );

  test(
    'killed at every system call, 5,000 records',
    async () => {
      process.env['HV_KVP_KILL_RECORDS'] = '5000';
      const { code, stdout } = await run(process.execPath, [script('../system/pool-kill.test.js', import.meta.url)]);
      console.log(stdout);
      assert.is(code, 0, stdout);
    },
    { limit: HOUR_MS },
  );

  test(
    'every call, every cut, many losses of power, and every call among other writers',
    async () => {
      process.env['HV_KVP_CRASH_ROUNDS'] = '30';
      for (const file of ['crash', 'recovery']) {
        const { code, stdout } = await run(process.execPath, [script(`../pool/${file}.test.js`, import.meta.url)]);
        assert.is(code, 0, stdout);
      }
    },
    { limit: HOUR_MS },
  );

  test(
    '1,000 sets from parallel shells',
    async () => {
      process.env['HV_KVP_SHELL_SETS'] = '125';
      const { code, stdout } = await run(process.execPath, [script('../system/pool-storage.test.js', import.meta.url)]);
      assert.is(code, 0, stdout);
    },
    { limit: HOUR_MS },
  );
});
