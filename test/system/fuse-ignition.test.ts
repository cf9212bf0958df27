/** A guest that takes its configuration from the device once, as Ignition does, gets all of it. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type NonblockPolicy, serveDevice } from 'hv-kvp/device';
import * as machine from '../_support/private-machine.js';
import { daemonMessage, RegisteringDevice, setMessage } from '../_support/registering-device.js';
import { assert, suite } from '../_support/suite.js';

/** Slices of a configuration, as machine tools split it: more than a handful, and a full value. */
const items = Object.fromEntries(
  Array.from({ length: 40 }, (_, index) => [`ignition.config.${index}`, `Zürich ${index} `.padEnd(900, 'x')]),
);

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  suite('a client that reads its configuration once', ({ test }) => {
    test('friendly, waiting with poll', () => collect('poll', 'friendly'));
    test('friendly, reading until EAGAIN', () => collect('read', 'friendly'));
    test('strict, waiting with poll, as on the real device', () => collect('poll', 'strict'));
  });
}

async function collect(way: 'poll' | 'read', nonblock: NonblockPolicy): Promise<void> {
  const device = new RegisteringDevice();
  const served = await serveDevice({ path: '/dev/vmbus/hv_kvp', server: device, nonblock });
  const client = spawn('/usr/bin/python3', ['test/_support/ignition-client.py', served.path, way], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output = text(client.stdout);
  await device.registered();
  for (const [key, value] of Object.entries(items)) {
    const answer = await device.request(setMessage(0, key, value));
    assert.is(Buffer.from(answer).readUInt32LE(0), 0);
  }
  const refused = await device.request(daemonMessage(3, 0, []));
  assert.is(Buffer.from(refused).readUInt32LE(0), 0x80004005);
  assert.equal(JSON.parse(await output), { 0: items });
  await served.close();
}
