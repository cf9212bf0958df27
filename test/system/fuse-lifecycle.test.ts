/** The device file comes and goes: what is left behind by every way a server can end, and what it refuses to cover. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KvpError } from 'hv-kvp';
import { serveDevice } from 'hv-kvp/device';
import { DeviceProcess } from '../_support/device-client.js';
import { DeviceServerProcess } from '../_support/device-server-process.js';
import * as machine from '../_support/private-machine.js';
import { MESSAGE_BYTES, RegisteringDevice } from '../_support/registering-device.js';
import { StockDaemon } from '../_support/stock-daemon.js';
import { assert, suite } from '../_support/suite.js';

const DEVICE = '/dev/vmbus/hv_kvp';

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.stockDaemonDirectories();
  suite('device file: ways to end', waysToEnd);
  suite('device file: what was there before', whatWasThere);
  suite('device file: traps of a server', traps);
  suite('device file: what is missing', whatIsMissing);
}

type Builder = Parameters<Parameters<typeof suite>[1]>[0];

function mounts(): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(' fuse.hv-kvp '))
    .map((line) => line.split(' ')[4] as string);
}

function nothingLeft(): void {
  assert.equal(mounts(), []);
  assert.not.ok(existsSync(dirname(DEVICE)), 'the directory we made is gone');
}

/** Waits for the watchdog of a killed server. */
async function watchdogsEnd(): Promise<void> {
  await machine.noProcess('hv-kvp-watchdog');
}

async function refusal(path: string): Promise<string> {
  try {
    const served = await serveDevice({ path, server: new RegisteringDevice() });
    await served.close();
  } catch (error) {
    assert.instance(error, KvpError);
    assert.is((error as KvpError).code, 'ERR_DEVICE_FUSE');
    return (error as KvpError).message;
  }
  return 'served';
}

function waysToEnd({ test }: Builder): void {
  test('close, with a daemon connected', async () => {
    const server = await DeviceServerProcess.serving(DEVICE);
    const daemon = new StockDaemon();
    server.tell('close');
    assert.is(await server.line(), 'ended');
    assert.is(await server.line(), 'closed');
    nothingLeft();
    assert.is(await server.ended, 0, 'nothing keeps the process');
    assert.is(await daemon.ended, 1);
  });
  test('process.exit while a read of /dev/fuse is pending (trap 1)', async () => {
    const server = await DeviceServerProcess.serving(DEVICE);
    server.tell('exit');
    assert.is(await server.ended, 7);
    nothingLeft();
  });
  test('process.exit in the middle of a close', async () => {
    const server = await DeviceServerProcess.serving(DEVICE);
    server.tell('close-and-exit');
    assert.is(await server.ended, 7);
    nothingLeft();
  });
  test('an error that nobody catches', async () => {
    const server = await DeviceServerProcess.serving(DEVICE);
    server.tell('throw');
    assert.is(await server.ended, 1);
    nothingLeft();
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const) {
    test(`${signal} that nobody handles: the watchdog unmounts (trap 13)`, async () => {
      const server = await DeviceServerProcess.serving(DEVICE);
      assert.is(await server.kill(signal), signal);
      await watchdogsEnd();
      nothingLeft();
    });
  }
  test('kill -9 of the whole process group, as a terminal or a service manager does it', async () => {
    const server = await DeviceServerProcess.serving(DEVICE, ['setsid']);
    process.kill(-server.process.pid!, 'SIGKILL');
    await server.ended;
    await watchdogsEnd();
    nothingLeft();
  });
  test('somebody unmounts the file: serving goes on until its last user closes (trap 5)', async () => {
    const server = await DeviceServerProcess.serving(DEVICE);
    const client = new DeviceProcess(DEVICE);
    await client.call('open');
    execFileSync('umount', ['-i', '-l', DEVICE]);
    assert.is(await client.call(`write 100 ${MESSAGE_BYTES}`), MESSAGE_BYTES);
    await client.stop();
    assert.is(await server.line(), 'ended');
    nothingLeft();
    server.tell('exit');
    await server.ended;
  });
  test('close and exit after somebody unmounted the file under a client', async () => {
    for (const [command, outcome] of [
      ['close', 0],
      ['exit', 'SIGKILL'],
    ] as const) {
      const server = await DeviceServerProcess.serving(DEVICE);
      const client = new DeviceProcess(DEVICE);
      await client.call('open');
      execFileSync('umount', ['-i', '-l', DEVICE]);
      server.tell(command);
      if (command === 'exit') assert.is(await server.ended, outcome, 'it ends while the client is there');
      assert.match(`${await client.call(`write 100 ${MESSAGE_BYTES}`)}`, /^(ENODEV|ENOTCONN|ECONNABORTED)$/);
      await client.stop();
      assert.is(await server.ended, outcome);
      nothingLeft();
    }
  });
  test('a server that throws: the call gets EIO, the device goes, and the error is told', async () => {
    const device = new RegisteringDevice();
    device.write = () => {
      throw new Error('a bug');
    };
    const served = await serveDevice({ path: DEVICE, server: device });
    const client = new DeviceProcess(DEVICE);
    await client.call('open');
    assert.is(await client.call(`write 100 ${MESSAGE_BYTES}`), 'EIO');
    assert.is(await served.ended.catch((error: Error) => error.message), 'a bug');
    await client.stop();
    nothingLeft();
  });
  for (const [way, slept, end] of [
    ['closed', 'ENODEV', async (server: DeviceServerProcess) => server.tell('close')],
    ['killed', 'ECONNABORTED', async (server: DeviceServerProcess) => void (await server.kill('SIGKILL'))],
  ] as const) {
    test(`what a client gets that sleeps in a read when its device is ${way}: ${slept}`, async () => {
      for (const call of [`read ${MESSAGE_BYTES}`]) {
        const server = await DeviceServerProcess.serving(DEVICE);
        const client = new DeviceProcess(DEVICE);
        await client.call('open');
        await client.call(`write 100 ${MESSAGE_BYTES}`);
        await client.call(`read ${MESSAGE_BYTES}`);
        server.tell('await-sleeper');
        assert.is(await server.line(), 'watching');
        const waiting = client.call(call);
        assert.is(await server.line(), 'asleep');
        await end(server);
        assert.is(await waiting, slept);
        await server.ended;
        await watchdogsEnd();
        assert.is(await client.call('close'), 'ok');
        assert.is(await client.call('open'), 'ENOENT');
        await client.stop();
        nothingLeft();
      }
    });
  }
  test('serving again and again leaves nothing', async () => {
    for (let round = 0; round < 10; round++) {
      const served = await serveDevice({ path: DEVICE, server: new RegisteringDevice() });
      await served.close();
      await served.ended;
    }
    nothingLeft();
    await watchdogsEnd();
  });
}

function whatWasThere({ test }: Builder): void {
  test('an empty file is used and stays', async () => {
    writeFileSync('/dev/empty', '');
    assert.is(await refusal('/dev/empty'), 'served');
    assert.is(readFileSync('/dev/empty', 'utf8'), '');
  });
  test('a directory with other things in it stays', async () => {
    mkdirSync('/dev/vmbus');
    writeFileSync('/dev/vmbus/other', '');
    assert.is(await refusal(DEVICE), 'served');
    assert.ok(existsSync('/dev/vmbus/other'));
    assert.not.ok(existsSync(DEVICE));
    rmSync('/dev/vmbus', { recursive: true });
  });
  test('any path does, with spaces, commas, quotes and a dash in front', async () => {
    for (const path of ['/dev/a b,c', '/dev/-o\'"$(id)`id`\n;x', '/dev/deep/er/-n']) {
      const served = await serveDevice({ path, server: new RegisteringDevice() });
      const client = new DeviceProcess(path);
      assert.is(await client.call('open'), 'ok');
      await client.stop();
      await served.close();
      assert.not.ok(existsSync(path));
    }
    assert.not.ok(existsSync('/dev/deep'));
  });
  test('a real device is not covered', async () => {
    mkdirSync('/dev/vmbus');
    execFileSync('mknod', [DEVICE, 'c', '1', '3']);
    assert.match(await refusal(DEVICE), 'is a real device');
    assert.equal(mounts(), []);
    rmSync('/dev/vmbus', { recursive: true });
  });
  test('a file with content, a directory or a link is not covered', async () => {
    writeFileSync('/dev/content', 'x');
    mkdirSync('/dev/directory');
    symlinkSync('/dev/null', '/dev/link');
    assert.match(await refusal('/dev/content'), 'file with content');
    assert.match(await refusal('/dev/directory'), 'not a regular file');
    assert.match(await refusal('/dev/link'), 'not a regular file');
    assert.match(await refusal('/dev/content/below'), 'cannot be made');
    assert.equal(mounts(), []);
  });
  test('the mount of a live server is not covered, also not of our own', async () => {
    const server = await DeviceServerProcess.serving(DEVICE);
    assert.match(await refusal(DEVICE), /another host \(process \d+\) serves \/dev\/vmbus\/hv_kvp already/);
    assert.equal(mounts(), [DEVICE]);
    server.tell('close');
    await server.ended;
    const own = await serveDevice({ path: DEVICE, server: new RegisteringDevice() });
    assert.match(await refusal(DEVICE), /another host \(process \d+\) serves \/dev\/vmbus\/hv_kvp already/);
    await own.close();
    nothingLeft();
  });
  test('a mount whose server and watchdog were killed is replaced, not stacked upon (traps 13 and 14)', async () => {
    const server = await DeviceServerProcess.serving(DEVICE);
    process.kill(machine.onlyProcess('hv-kvp-watchdog'), 'SIGKILL');
    await server.kill('SIGKILL');
    assert.equal(mounts(), [DEVICE]);
    const daemon = new StockDaemon();
    assert.is(await daemon.ended, 1, 'a dead mount helps nobody');

    const device = new RegisteringDevice();
    const served = await serveDevice({ path: DEVICE, server: device });
    assert.equal(mounts(), [DEVICE]);
    const next = new StockDaemon();
    await device.registered();
    await next.stop();
    await served.close();
    assert.equal(mounts(), []);
    nothingLeft();
  });
  test('the watchdog of a killed server leaves the mount of its successor alone', async () => {
    const server = await DeviceServerProcess.serving(DEVICE);
    const watchdog = machine.onlyProcess('hv-kvp-watchdog');
    process.kill(watchdog, 'SIGSTOP');
    await server.kill('SIGKILL');
    const successor = await DeviceServerProcess.serving(DEVICE);
    process.kill(watchdog, 'SIGCONT');
    await machine.processEnds(watchdog);
    const client = new DeviceProcess(DEVICE);
    assert.is(await client.call('open'), 'ok');
    await client.stop();
    successor.tell('close');
    await successor.ended;
    nothingLeft();
  });
}

function traps({ test }: Builder): void {
  test('a server that calls its own file synchronously waits for itself; aborting the mount frees it (traps 2 and 4)', async () => {
    const server = await DeviceServerProcess.serving(DEVICE);
    try {
      server.tell('stat');
      assert.is(await server.line(), 'calling stat');
      await machine.sleepsIn(server.process.pid!, 'request_wait_answer');
      execFileSync('nsenter', ['-t', `${server.process.pid}`, '-m', 'umount', '-i', '-f', '-l', DEVICE]);
      assert.match(await server.line(), /^stat (ENOTCONN|ECONNABORTED)$/);
      assert.is(await server.line(), 'ended');
    } finally {
      await server.kill('SIGKILL');
    }
    nothingLeft();
  });
  test('a server that starts children while it has its own file open does not hang (trap 3)', async () => {
    const server = await DeviceServerProcess.serving(DEVICE);
    server.tell('spawn');
    assert.is(await server.line(), 'spawned');
    server.tell('close');
    await server.ended;
    nothingLeft();
  });
  test('a thread pool that the read of /dev/fuse would fill is refused (trap 7)', async () => {
    const server = await DeviceServerProcess.starting(DEVICE, ['env', 'UV_THREADPOOL_SIZE=1']);
    assert.match(await server.line(), 'set UV_THREADPOOL_SIZE=4');
    await server.ended;
    const enough = await DeviceServerProcess.serving(DEVICE, ['env', 'UV_THREADPOOL_SIZE=2']);
    enough.tell('close');
    assert.is(await enough.ended, 0);
    nothingLeft();
  });
  test('as many devices as the pool carries, and not one more', async () => {
    const served = [];
    for (const name of ['one', 'two', 'three'])
      served.push(await serveDevice({ path: `/dev/many/${name}`, server: new RegisteringDevice() }));
    assert.match(await refusal('/dev/many/four'), 'has no thread to spare');
    for (const device of served) await device.close();
    assert.is(await refusal('/dev/many/four'), 'served');
  });
}

function whatIsMissing({ test }: Builder): void {
  const failure = async (prefix: string[]) => {
    const server = await DeviceServerProcess.starting(DEVICE, prefix);
    const line = await server.line();
    await server.ended;
    nothingLeft();
    return line;
  };
  test('no /dev/fuse', async () => {
    const line = await failure([
      'unshare',
      '-m',
      'sh',
      '-c',
      'rm /dev/fuse; "$@"; s=$?; mknod -m 666 /dev/fuse c 10 229; exit $s',
      'sh',
    ]);
    assert.match(line, 'there is no usable /dev/fuse - load the module (modprobe fuse)');
  });
  test('no permission to open it', async () => {
    const line = await failure([
      ...['sh', '-c', 'chmod 600 /dev/fuse; "$@"; s=$?; chmod 666 /dev/fuse; exit $s', 'sh'],
      ...['setpriv', '--reuid', '1000', '--regid', '1000', '--clear-groups'],
    ]);
    assert.match(line, 'this user may not open /dev/fuse - run as root');
  });
  test('root without CAP_SYS_ADMIN, as in a container', async () => {
    const line = await failure(['setpriv', '--bounding-set', '-sys_admin', '--inh-caps', '-sys_admin']);
    assert.match(line, 'no CAP_SYS_ADMIN) - run as root, or start server and daemon inside: unshare -Urm');
  });
  /** A file in place of the system's program, for this server alone. */
  const insteadOf = (program: string, file: string) => [
    ...['unshare', '-m', 'sh', '-c', `mount --bind ${file} /usr/bin/${program} && exec "$@"`, 'sh'],
  ];
  test("a mount(8) that is not util-linux's", async () => {
    mkdirSync('/dev/bin');
    writeFileSync('/dev/bin/mount', '#!/bin/sh\necho "mount: unrecognized option: c" >&2; exit 1\n', { mode: 0o755 });
    const line = await failure(insteadOf('mount', '/dev/bin/mount'));
    assert.match(line, "mount: unrecognized option: c - check that mount is util-linux's");
  });
  test('no mount(8)', async () => {
    const line = await failure(insteadOf('mount', '/dev/null'));
    assert.match(line, 'mount cannot be started - install util-linux');
  });
}
