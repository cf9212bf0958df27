/** A guest that takes its configuration from the device once, as Ignition does, gets all of it. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type NonblockPolicy, serveDevice } from 'hv-kvp/device';
import * as machine from '../_support/private-machine.js';
import { daemonMessage, RegisteringDevice, setMessage } from '../_support/registering-device.js';
import { serveMachine } from '../_support/served-machine.js';
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
    test('from the host through the complete machine', fromTheHost);
    test('strict, waiting with poll, as on the real device', () => collect('poll', 'strict'));
  });
}

/** The host pushes on its own what was added before anybody listened, and pool 3 besides. */
async function fromTheHost(): Promise<void> {
  const served = await serveMachine('/dev/vmbus/hv_kvp', {}, { nonblock: 'friendly' });
  for (const [key, value] of Object.entries(items)) await served.vm.add(key, value);
  const collected = JSON.parse(await collector(served.path, 'poll'));
  assert.equal(collected['0'], items);
  assert.is(collected['3']['VirtualMachineName'], 'hv-kvp');
  await served.stop();
}

function collector(path: string, way: 'poll' | 'read'): Promise<string> {
  const client = spawn('/usr/bin/python3', ['test/_support/ignition-client.py', path, way], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return text(client.stdout);
}

async function collect(way: 'poll' | 'read', nonblock: NonblockPolicy): Promise<void> {
  const device = new RegisteringDevice();
  const served = await serveDevice({ path: '/dev/vmbus/hv_kvp', server: device, nonblock });
  const output = collector(served.path, way);
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
