/** The stock daemon and our store on one directory, at the same time. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { serveDevice } from 'hv-kvp/device';
import { openPools } from 'hv-kvp/pool';
import * as machine from '../_support/private-machine.js';
import { daemonMessage, RegisteringDevice, setMessage } from '../_support/registering-device.js';
import { StockDaemon } from '../_support/stock-daemon.js';
import { assert, suite } from '../_support/suite.js';
import { run, script } from '../pool/processes.js';

const DIRECTORY = '/var/lib/hyperv';
const GUEST = `${DIRECTORY}/.kvp_pool_1`;
const ENUMERATE = 3;
const DELETE = 2;

const statusOf = (answer: Uint8Array) => Buffer.from(answer).readUInt32LE(0);
const textAt = (answer: Uint8Array, at: number) => {
  const bytes = Buffer.from(answer);
  return bytes.toString('utf8', at, bytes.indexOf(0, at));
};

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.stockDaemonDirectories();
  mkdirSync(DIRECTORY, { recursive: true });
  const device = new RegisteringDevice();
  const served = await serveDevice({ path: '/dev/vmbus/hv_kvp', server: device });
  const daemon = new StockDaemon();
  await device.registered();

  const enumerate = async (): Promise<[string, string][]> => {
    const items: [string, string][] = [];
    for (;;) {
      const answer = await device.request(daemonMessage(ENUMERATE, 1, [[4, items.length]]));
      if (statusOf(answer) !== 0) return items;
      items.push([textAt(answer, 20), textAt(answer, 532)]);
    }
  };

  suite('pool with the stock daemon', ({ test, after }) => {
    after(async () => {
      await daemon.stop();
      await served.close();
      rmSync(DIRECTORY, { recursive: true });
    });

    test('each sees what the other wrote, in the same order', async () => {
      const pool = (await openPools(DIRECTORY)).pool('guest');
      await pool.set('ours', '1');
      assert.is(statusOf(await device.request(setMessage(1, 'theirs', 'a value that is long'))), 0);
      assert.is(statusOf(await device.request(setMessage(1, 'theirs', 'short'))), 0);
      await pool.set('third', '3');
      const expected: [string, string][] = [
        ['ours', '1'],
        ['theirs', 'short'],
        ['third', '3'],
      ];
      assert.equal(await enumerate(), expected);
      assert.equal(
        (await pool.entries()).map(({ key, value }) => [key, value]),
        expected,
      );
      assert.equal(
        (await pool.check()).map(({ kind, key }) => [kind, key]),
        [['stale-tail', 'theirs']],
      );
      await pool.repair();
      assert.equal(await enumerate(), expected);
      assert.is(await pool.delete('ours'), 1);
      const removal = daemonMessage(DELETE, 1, [[4, 6]]);
      Buffer.from(removal.buffer, removal.byteOffset).write('third\0', 8);
      assert.is(statusOf(await device.request(removal)), 0);
      assert.is(await pool.get('third'), undefined);
      assert.equal(await enumerate(), [['theirs', 'short']]);
    });

    test(
      'while both write, nothing that it acknowledged is overwritten by us',
      async () => {
        writeFileSync(GUEST, '');
        const count = 1500;
        const ours = run(process.execPath, [
          script('../pool/writer.js', import.meta.url),
          ...[DIRECTORY, 'guest', 'ours', `${count}`, 'delete'],
        ]);
        let writing = true;
        void ours.then(() => (writing = false));
        let acknowledged = 0;
        while (writing || acknowledged < count) {
          const answer = await device.request(setMessage(1, `theirs ${acknowledged}`, `${acknowledged}`));
          assert.is(statusOf(answer), 0);
          acknowledged++;
        }
        const { code, stderr } = await ours;
        assert.is(code, 0, stderr);
        const pool = (await openPools(DIRECTORY)).pool('guest');
        const keys = new Set((await pool.entries()).map(({ key }) => key));
        for (let number = 0; number < acknowledged; number++) {
          assert.ok(keys.has(`theirs ${number}`), `theirs ${number} of ${acknowledged} is lost`);
        }
        let lost = 0;
        for (let number = 0; number < count; number += 2) if (!keys.has(`ours-${number}`)) lost++;
        console.log(
          `${acknowledged} of theirs, none lost; of our ${count / 2} it overwrote ${lost} between its two locks`,
        );
        assert.is(readFileSync(GUEST).length % 2560, 0);
      },
      { limit: 120_000 },
    );
  });
}
