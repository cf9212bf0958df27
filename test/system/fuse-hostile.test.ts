/** Daemons that break every rule on the device file, while the host goes on asking. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as machine from '../_support/private-machine.js';
import { type ServedMachine, serveMachine } from '../_support/served-machine.js';
import { StockDaemon } from '../_support/stock-daemon.js';
import { assert, suite } from '../_support/suite.js';

const DEVICE = '/dev/vmbus/hv_kvp';
const ACTIONS = 1500;
const seed = Number(process.env['HV_KVP_SEED'] ?? Math.floor(Math.random() * 1e9));

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.stockDaemonDirectories();
  console.log(`HV_KVP_SEED=${seed}`);
  suite('hostile daemons', ({ test }) => {
    test(
      'the host gets one answer for each request, and the next daemon is served as if nothing had been',
      async () => {
        // 5.0, where the driver reads the lists itself: up to 4.0 it passes a list without a NUL on, as Linux does, and the
        // strict host then fails the channel, as it must.
        const served = await serveMachine(DEVICE, {
          kvpVersion: '5.0',
          driverVersion: '5.0',
          driverTimeoutMs: 50,
          maxEnumeration: 5,
        });
        const hostile = spawn(
          '/usr/bin/python3',
          ['test/_support/hostile-daemon.py', DEVICE, `${seed}`, `${ACTIONS}`],
          {
            stdio: ['ignore', 'ignore', 'inherit'],
          },
        );
        let daemon: StockDaemon | undefined;
        const ended = once(hostile, 'exit').then(([code]) => {
          // A request may be waiting for a daemon.
          daemon = new StockDaemon();
          return code;
        });
        const outcomes: Record<string, number> = {};
        try {
          while (daemon === undefined) {
            // Before the first registration every request is refused at once.
            await nextTurn();
            const outcome = await ask(served);
            outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
            assert.is.not(served.vm.state, 'failed', `${served.vm.failure?.message}, seed ${seed}`);
          }
          assert.is(await ended, 0, `seed ${seed}`);
          assert.ok((outcomes['ok'] ?? 0) > 0 && (outcomes['ERR_HOST_STATUS'] ?? 0) > 0, JSON.stringify(outcomes));
          assert.is(outcomes['ERR_HOST_TIMEOUT'], undefined, 'the driver answers long before');

          await served.vm.ready();
          await served.vm.add('after', 'all');
          assert.is(await served.vm.get('after'), 'all');
        } finally {
          hostile.kill('SIGKILL');
          await daemon?.stop();
          await served.stop();
        }
      },
      { limit: 60_000 },
    );
  });
}

/** `ok` or the code of the error. */
function ask({ vm }: ServedMachine): Promise<string> {
  const requests = [
    () => vm.get('key'),
    () => vm.enumerate(1),
    () => vm.getIp('00:15:5D:0A:0B:0C'),
    () => vm.intrinsics(),
  ];
  const request = requests[Math.floor(Math.random() * requests.length)] as () => Promise<unknown>;
  return request().then(
    () => 'ok',
    (error) => error.code ?? `${error}`,
  );
}
