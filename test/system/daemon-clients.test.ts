/** Programs of the guest that nobody here wrote, beside our daemon: WALinuxAgent reads pool 0, cloud-init writes pool 1. */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serveDevice } from 'hv-kvp/device';
import { cloudInit, fieldText, publishedBy } from '../_support/cloud-init.js';
import { enumerate, statusOf } from '../_support/key-value-requests.js';
import { OurDaemon } from '../_support/our-daemon.js';
import * as machine from '../_support/private-machine.js';
import { RegisteringDevice } from '../_support/registering-device.js';
import { serveMachine } from '../_support/served-machine.js';
import { assert, suite } from '../_support/suite.js';
import { ended, firstLine } from '../pool/processes.js';

const DEVICE = '/dev/vmbus/hv_kvp';

/** The agent's own functions; the process list that it looks at has this text in it too, so the name is not here. */
const AGENT = `
import json
from azurelinuxagent.common.rdma import RDMADeviceHandler, RDMAHandler
print(json.dumps({
  'running': RDMAHandler.is_kvp_daemon_running(),
  'version': RDMAHandler().get_rdma_version(),
  'ipoib': RDMADeviceHandler(None, None, None).read_ipoib_data(),
}))
`;

async function whatTheAgentSees(): Promise<object> {
  const agent = spawn('/usr/bin/python3', ['-c', AGENT], {
    env: { ...process.env, PYTHONPATH: join(machine.PEERS, 'usr/lib/python3/dist-packages') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { code, stdout, stderr } = await ended(agent);
  assert.is(code, 0, stderr);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

/** Key and value of each record of pool 1, as many as there are now. */
async function enumerated(device: RegisteringDevice): Promise<[string, string][]> {
  const records: [string, string][] = [];
  for (;;) {
    const answer = Buffer.from(await device.request(enumerate(1, records.length)));
    if (statusOf(answer) !== 0) return records;
    const hex = answer.toString('hex', 20, 2580);
    records.push([fieldText(hex, 0, 512), fieldText(hex, 512, 2560)]);
  }
}

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.privateDirectory('/var/lib');

  suite('hv-kvp-daemon among programs of the guest', ({ test }) => {
    test('WALinuxAgent finds it in the list of processes and reads what a host set', async () => {
      assert.equal(await whatTheAgentSees(), { running: false, version: null, ipoib: [null, null] });
      const served = await serveMachine(DEVICE);
      const daemon = new OurDaemon();
      await served.vm.ready();
      await served.vm.add('NdDriverVersion', '142.0');
      await served.vm.add('IPoIB_Data', 'NUMPAIRS:1|00155D33FF1D:172.16.1.4');
      await served.vm.modify('NdDriverVersion', '144.0');
      assert.equal(await whatTheAgentSees(), {
        running: true,
        version: '144.0',
        ipoib: ['IPoIB_Data', 'NUMPAIRS:1|00155D33FF1D:172.16.1.4'],
      });
      await daemon.stop();
      await served.stop();
    });

    test(
      'cloud-init writes while a host enumerates: every look shows a beginning of what it wrote, the last all of it',
      async () => {
        rmSync('/var/lib/hyperv', { recursive: true });
        const device = new RegisteringDevice();
        const served = await serveDevice({ path: DEVICE, server: device });
        const daemon = new OurDaemon();
        await device.registered();
        const child = cloudInit('/var/lib/hyperv/.kvp_pool_1', 400);
        let running = true;
        const result = ended(child).finally(() => (running = false));
        await firstLine(child);
        const looks: [string, string][][] = [];
        while (running) looks.push(await enumerated(device));
        looks.push(await enumerated(device));

        const { code, stdout, stderr } = await result;
        assert.is(code, 0, stderr);
        const written = publishedBy(stdout).appended.map((hex) => [fieldText(hex, 0, 512), fieldText(hex, 512, 2560)]);
        assert.ok(written.length > 400, `${written.length} records`);
        for (const look of looks) assert.equal(look, written.slice(0, look.length));
        assert.is(looks.at(-1)?.length, written.length);
        const partial = new Set(looks.map((look) => look.length));
        assert.ok(partial.size > 1, 'no look came while it wrote');
        console.log(`${written.length} records, ${looks.length} looks, ${partial.size} of different length`);
        await daemon.stop();
        await device.closed();
        await served.close();
      },
      { limit: 120_000 },
    );
  });
}
