/** The start of a device: the name comes when the device is ready, whoever waits for it, interferes, or ends the server. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MisuseError } from 'hv-kvp';
import { serveDevice } from 'hv-kvp/device';
import { DeviceServerProcess } from '../_support/device-server-process.js';
import { startsAndEnds, startsAndKills } from '../_support/eager-client.js';
import * as machine from '../_support/private-machine.js';
import { Random, seedOfRun } from '../_support/random.js';
import { RegisteringDevice } from '../_support/registering-device.js';
import { assert, suite } from '../_support/suite.js';

const DEVICE = '/dev/vmbus/hv_kvp';
const FOREIGN = '/dev/foreign';

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  suite('device file: a client that waits for the path', waiting);
  suite('device file: a start that is ended', endedStarts);
  suite("device file: in another user's directory", foreignDirectory);
  suite('device file: wrong arguments', wrongArguments);
  suite('device file: a name that somebody else has', refusedNames);
}

type Builder = Parameters<Parameters<typeof suite>[1]>[0];

function mountPoints(): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(' fuse.hv-kvp '))
    .map((line) => line.split(' ')[4] as string);
}

function waiting({ test }: Builder): void {
  test('is served at every start and never finds a plain file, in a directory that comes and goes', () =>
    startsAndEnds(DEVICE, 40));
  test(
    'never finds a plain file when the server is killed',
    async () => {
      await startsAndKills(DEVICE, 8);
      await machine.noProcess('hv-kvp-watchdog');
    },
    { limit: 60_000 },
  );
  test('the same in a directory that stays, on a path of any name', () => startsAndEnds('/dev/a device', 40));
}

function endedStarts({ test }: Builder): void {
  const random = new Random(seedOfRun());
  for (const signal of ['SIGTERM', 'SIGKILL'] as const)
    test(
      `${signal} at any instant leaves nothing`,
      async () => {
        for (let round = 0; round < 8; round++) {
          const server = await DeviceServerProcess.starting(DEVICE);
          // Somewhere within the start: it takes some tens of milliseconds.
          await new Promise((resolve) => setTimeout(resolve, random.below(40)));
          await server.kill(signal);
          await machine.noProcess('hv-kvp-watchdog');
          assert.equal(mountPoints(), []);
          // Only the directory may stay, of a server that ended right after it had made it.
          if (existsSync('/dev/vmbus')) assert.equal(readdirSync('/dev/vmbus'), []);
        }
        const next = await DeviceServerProcess.serving(DEVICE);
        next.tell('close');
        assert.is(await next.ended, 0);
        rmSync('/dev/vmbus', { recursive: true, force: true });
      },
      { limit: 60_000 },
    );
  test('what a server left that was killed with its watchdog is cleared, and nothing else', async () => {
    mkdirSync('/dev/vmbus');
    const gone = spawn('true');
    await once(gone, 'exit');
    const left = `.hv-kvp-${gone.pid}-0123456789ab`;
    const ofTheLiving = `.hv-kvp-${process.pid}-0123456789ab`;
    for (const name of [left, ofTheLiving, '.hv-kvp-notes']) writeFileSync(`/dev/vmbus/${name}`, '');
    const served = await serveDevice({ path: DEVICE, server: new RegisteringDevice() });
    await served.close();
    assert.equal(readdirSync('/dev/vmbus').sort(), ['.hv-kvp-notes', ofTheLiving].sort());
    rmSync('/dev/vmbus', { recursive: true });
  });
  test('a directory made by a server that died with its watchdog goes with the next one', async () => {
    const server = await DeviceServerProcess.serving('/dev/deep/er/hv_kvp');
    process.kill(machine.onlyProcess('hv-kvp-watchdog'), 'SIGKILL');
    await server.kill('SIGKILL');
    const served = await serveDevice({ path: '/dev/deep/er/hv_kvp', server: new RegisteringDevice() });
    await served.close();
    assert.not(existsSync('/dev/deep'));
  });
  test('two servers that start at once: one serves, the other says so, and the loser takes nothing away', async () => {
    for (let round = 0; round < 5; round++) {
      const servers = await Promise.all([DEVICE, DEVICE].map((path) => DeviceServerProcess.starting(path)));
      const lines = await Promise.all(servers.map((server) => server.line()));
      assert.is(lines.filter((line) => line === 'serving').length, 1, lines.join('\n'));
      assert.match(lines.find((line) => line !== 'serving') as string, /another host|somebody else has just made it/);
      assert.equal(mountPoints(), [DEVICE]);
      const winner = servers[lines.indexOf('serving')] as DeviceServerProcess;
      winner.tell('close');
      for (const server of servers) await server.ended;
      assert.equal(mountPoints(), []);
    }
  });
}

function wrongArguments({ test }: Builder): void {
  test('serveDevice names an option that is wrong, before anything is made', async () => {
    const right = { path: '/dev/none/hv_kvp', server: new RegisteringDevice() };
    const options: Record<string, unknown[]> = {
      path: ['', '\0', 7, null],
      server: [undefined, null, {}, () => {}],
      nonblock: ['friendlier', 1, null],
      mode: [-1, 0o1000, 1.5, Number.NaN, '0600', 5n],
      wallClock: [0, 'now', {}],
    };
    for (const [name, values] of Object.entries(options))
      for (const value of values) {
        const error = await serveDevice({ ...right, [name]: value }).catch((reason: unknown) => reason);
        assert.instance(error, MisuseError);
        assert.match((error as Error).message, name);
      }
    for (const value of [undefined, null, 7, []])
      assert.instance(await serveDevice(value as never).catch((reason: unknown) => reason), MisuseError);
    assert.not(existsSync('/dev/none'));
  });
}

function refusedNames({ test }: Builder): void {
  test('a start that cannot get its name gives everything back, its thread too', async () => {
    // Made by somebody between the look at the path and the mount: the last step finds it.
    const contended = { path: '/dev/name/hv_kvp', server: new RegisteringDevice() };
    for (let round = 0; round < 6; round++) {
      const starts = await Promise.allSettled([serveDevice(contended), serveDevice({ ...contended })]);
      const served = starts.filter((start) => start.status === 'fulfilled');
      assert.is(served.length, 1);
      for (const { value } of served) await value.close();
    }
    const all = await Promise.all(
      ['one', 'two', 'three'].map((name) =>
        serveDevice({ path: `/dev/name/${name}`, server: new RegisteringDevice() }),
      ),
    );
    const fourth = await serveDevice({ path: '/dev/name/four', server: new RegisteringDevice() }).catch(
      (error: Error) => error.message,
    );
    assert.match(String(fourth), 'has no thread to spare');
    for (const device of all) await device.close();
    rmSync('/dev/name', { recursive: true, force: true });
  });
}

function foreignDirectory({ test }: Builder): void {
  test(
    'a link put in the place of the file covers and removes nothing elsewhere',
    async () => {
      const victim = '/dev/victim';
      writeFileSync(victim, '');
      mkdirSync(FOREIGN);
      chownSync(FOREIGN, 1000, 1000);
      const swapper = spawn(
        'setpriv',
        [
          ...['--reuid', '1000', '--regid', '1000', '--clear-groups', '/usr/bin/python3'],
          ...['test/_support/link-swapper.py', FOREIGN, victim],
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      await once(swapper.stdout, 'data');
      const outcomes = new Set<string>();
      for (let round = 0; round < 20; round++) {
        try {
          const served = await serveDevice({ path: `${FOREIGN}/hv_kvp`, server: new RegisteringDevice() });
          await served.close();
          outcomes.add('served');
        } catch (error) {
          outcomes.add((error as Error).message);
        }
        assert.not(mountPoints().includes(victim), 'something is mounted elsewhere');
        assert.ok(existsSync(victim));
      }
      swapper.kill('SIGKILL');
      await once(swapper, 'exit');
      assert.equal(mountPoints(), [], [...outcomes].join('\n'));
      rmSync(FOREIGN, { recursive: true });
    },
    { limit: 60_000 },
  );
  test('the watchdog of a killed server follows no link either', async () => {
    mkdirSync(FOREIGN);
    chownSync(FOREIGN, 1000, 1000);
    mkdirSync('/dev/elsewhere');
    const other = await serveDevice({ path: '/dev/elsewhere/hv_kvp', server: new RegisteringDevice() });
    const server = await DeviceServerProcess.serving(`${FOREIGN}/hv_kvp`);
    // What the owner of the directory above can do: our name leads to another server's directory.
    renameSync(FOREIGN, `${FOREIGN}-moved`);
    symlinkSync('/dev/elsewhere', FOREIGN);
    await server.kill('SIGKILL');
    await machine.noProcess('hv-kvp-watchdog', 1);
    assert.equal(mountPoints(), ['/dev/elsewhere/hv_kvp']);
    await other.close();
    assert.equal(readdirSync(`${FOREIGN}-moved`), []);
  });
}
