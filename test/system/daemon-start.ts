/**
 * What a start of our daemon costs: from exec to the registration, and the memory resident then. Not a test: it prints
 * a line. Needs root.
 *
 *     [HV_KVP_STARTS=40] [HV_KVP_PROGRAMS='dist/bin/hv-kvp-daemon.js …'] node build/test/system/daemon-start.js
 *
 * Several programs, such as builds to be compared, take turns.
 */
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { serveDevice } from 'hv-kvp/device';
import { OurDaemon, PROGRAM } from '../_support/our-daemon.js';
import * as machine from '../_support/private-machine.js';
import { RegisteringDevice } from '../_support/registering-device.js';

const STARTS = Number(process.env['HV_KVP_STARTS'] ?? 40);
const PROGRAMS = (process.env['HV_KVP_PROGRAMS'] ?? PROGRAM).split(' ');

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.privateInterface({
    name: 'eth0',
    mac: '00:15:5d:0a:0b:0c',
    addresses: ['10.20.30.40/24', 'fd00:20::40/64'],
    gateways: ['10.20.30.1'],
  });
  machine.privateDirectory('/var/lib');
  const device = new RegisteringDevice();
  const served = await serveDevice({ path: '/dev/vmbus/hv_kvp', server: device });
  const starts = new Map(PROGRAMS.map((program) => [program, { ms: [] as number[], kilobytes: [] as number[] }]));
  for (let round = 0; round < STARTS; round++) {
    for (const [program, { ms, kilobytes }] of starts) {
      const started = performance.now();
      const daemon = new OurDaemon(['-n'], program);
      await device.registered();
      ms.push(performance.now() - started);
      kilobytes.push(residentKilobytes(daemon.process.pid ?? 0));
      await daemon.stop();
      await device.closed();
    }
  }
  await served.close();
  for (const [program, { ms, kilobytes }] of starts) {
    const [fastest, median, slowest] = atShares(ms, [0, 0.5, 1]).map((one) => one.toFixed(1));
    console.log(
      `${program}: ${STARTS} starts, exec to registered ${median} ms (median; ${fastest} to ${slowest}), ` +
        `resident ${(atShares(kilobytes, [0.5])[0]! / 1024).toFixed(1)} MiB, load ${loadavg()[0]?.toFixed(1)}`,
    );
  }
}

function residentKilobytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

function atShares(values: number[], shares: number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  return shares.map((share) => sorted[Math.round(share * (sorted.length - 1))] ?? 0);
}
