/** A daemon that cannot start: it says why, returns, and leaves neither pool files nor a byte in anybody's file. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { serveDevice } from 'hv-kvp/device';
import { DeviceProcess } from '../_support/device-client.js';
import { OurDaemon } from '../_support/our-daemon.js';
import * as machine from '../_support/private-machine.js';
import { RegisteringDevice } from '../_support/registering-device.js';
import { assert, suite } from '../_support/suite.js';
import { ended } from '../pool/processes.js';

const HV_KVP = 'dist/bin/hv-kvp.js';
const POOLS = '/var/lib/hyperv';

/** Each kind of thing that is no device, by its path, with how a message names it. */
function wrongDevices(): [string, RegExp][] {
  writeFileSync('/dev/data', 'somebody’s data');
  mkdirSync('/dev/directory');
  execFileSync('mkfifo', ['/dev/fifo']);
  execFileSync('/usr/bin/python3', ['-c', "import socket; socket.socket(socket.AF_UNIX).bind('/dev/socket')"]);
  execFileSync('mknod', ['/dev/block', 'b', '7', '200']);
  return [
    ['/dev/data', /got a file of 17 bytes/],
    ['/dev/directory', /got a directory/],
    ['/dev/fifo', /got a FIFO/],
    ['/dev/socket', /got a socket/],
    ['/dev/block', /got a block device/],
    ['/dev/null', /got a read of 0 bytes/],
  ];
}

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.privateDirectory('/var/lib');

  suite('hv-kvp-daemon without a device', ({ test }) => {
    test('another kind of file ends it, in the foreground, in the background, and although it waits', async () => {
      for (const [path, found] of wrongDevices())
        for (const options of [['-n'], ['-n', '--wait'], []]) {
          const daemon = new OurDaemon(['--device', path, ...options]);
          assert.is(await daemon.ended, 1, `${path} ${options.join(' ')}`);
          assert.match(daemon.output, found);
          assert.match(daemon.output, 'this is no KVP device');
          if (path !== '/dev/null') assert.not(existsSync(POOLS), 'no pools were made');
        }
      assert.is(readFileSync('/dev/data', 'utf8'), 'somebody’s data');
    });
    test('no device: it says so, makes no pools, and ends with the code of its program', async () => {
      for (const [program, code] of [
        ['dist/bin/hv-kvp-daemon.js', 1],
        [HV_KVP, 3],
      ] as const)
        for (const options of [['-n'], []]) {
          const args = [...(program === HV_KVP ? ['daemon'] : []), '--device', '/dev/vmbus/hv_kvp', ...options];
          const daemon = new OurDaemon([...args, '--pool-dir', '/var/lib/none'], program);
          assert.is(await daemon.ended, code);
          assert.match(daemon.output, '/dev/vmbus/hv_kvp is not there - load the driver, start the host, or wait');
          assert.not(existsSync('/var/lib/none'));
        }
    });
    test('a device that is in use: it names who has it', async () => {
      const served = await serveDevice({ path: '/dev/vmbus/hv_kvp', server: new RegisteringDevice() });
      const client = new DeviceProcess(served.path);
      await client.call('open');
      const daemon = new OurDaemon(['-n', '--pool-dir', '/var/lib/none']);
      assert.is(await daemon.ended, 1);
      assert.match(daemon.output, `in use by python3 (process ${client.process.pid}) - end it first`);
      assert.not(existsSync('/var/lib/none'));
      await client.stop();
      await served.close();
    });
    test('an empty file becomes a device when a host serves it there: --wait waits for that', async () => {
      writeFileSync('/dev/empty', '');
      const hasty = new OurDaemon(['-n', '--device', '/dev/empty']);
      assert.is(await hasty.ended, 1);
      assert.match(hasty.output, 'an empty file that no host serves');
      const daemon = new OurDaemon(['-n', '--device', '/dev/empty', '--wait']);
      while (!daemon.output.includes('opening it again')) await new Promise((resolve) => setImmediate(resolve));
      assert.is(readFileSync('/dev/empty', 'utf8'), '');
      const device = new RegisteringDevice();
      const served = await serveDevice({ path: '/dev/empty', server: device });
      await device.registered();
      assert.is(await daemon.stop(), 'SIGTERM');
      await served.close();
    });
    test('a daemon that reconnects leaves a plain file alone that stands where its device was', async () => {
      writeFileSync('/dev/kept', '');
      const device = new RegisteringDevice();
      const first = await serveDevice({ path: '/dev/kept', server: device });
      const daemon = new OurDaemon(['-n', '--device', '/dev/kept']);
      await device.registered();
      await first.close();
      while (!daemon.output.includes('no host serves')) await new Promise((resolve) => setImmediate(resolve));
      assert.is(readFileSync('/dev/kept', 'utf8'), '');
      const again = new RegisteringDevice();
      const second = await serveDevice({ path: '/dev/kept', server: again });
      await again.registered();
      assert.is(await daemon.stop(), 'SIGTERM');
      await second.close();
    });
  });

  suite('host serve beside another host', ({ test }) => {
    test('a path that is served: it names the other host and the way out, and leaves nothing', async () => {
      const served = await serveDevice({ path: '/dev/vmbus/hv_kvp', server: new RegisteringDevice() });
      const { code, stderr } = await ended(
        spawn(process.execPath, [HV_KVP, 'host', 'serve', '--device', served.path, '--control', '/dev/runtime/sock']),
      );
      assert.is(code, 3);
      assert.match(stderr, `another host (process ${process.pid}) serves ${served.path} already`);
      assert.match(stderr, '--device');
      assert.not(existsSync('/dev/runtime/sock'));
      await served.close();
    });
  });
}
