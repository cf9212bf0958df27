/** What a user does in the namespaces of docs/device.md: serve the device, start the stock daemon, ask it something. */
import { readFileSync } from 'node:fs';
import { serveDevice } from 'hv-kvp/device';
import { daemonMessage, RegisteringDevice, setMessage } from './registering-device.js';
import { StockDaemon } from './stock-daemon.js';

const device = new RegisteringDevice();
const served = await serveDevice({ path: '/dev/vmbus/hv_kvp', server: device });
const daemon = new StockDaemon();
await device.registered();
await device.request(setMessage(0, 'city', 'Zürich'));
const answer = Buffer.from(await device.request(daemonMessage(3, 0, [[4, 0]])));
await daemon.stop();
await served.close();
console.log(
  JSON.stringify({
    uidMap: readFileSync('/proc/self/uid_map', 'latin1').trim().split(/\s+/),
    status: answer.readUInt32LE(0),
    key: answer.toString('utf8', 20, answer.indexOf(0, 20)),
    value: answer.toString('utf8', 532, answer.indexOf(0, 532)),
  }),
);
