/** The machine that the stock daemon was recorded on, as our ports see it: no test needs that machine. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createIntrinsics, type IntrinsicsPort } from 'hv-kvp/daemon';
import { createNetFacts, type NetFacts } from 'hv-kvp/net';
import { type Kernel, parseOsRelease } from '#internal';
import { recordedEnvironment } from './recorded-daemon.js';

const PERMANENT = 0x80;

const recordedKernel: Kernel = {
  read: () => ({
    links: [
      { index: 1, name: 'lo', loopback: true, up: true, mac: undefined, master: undefined },
      { index: 2, name: 'eth0', loopback: false, up: true, mac: '00:15:5D:0A:0B:0C', master: undefined },
    ],
    addresses: [
      { index: 1, family: 4, text: '127.0.0.1', prefix: 8, scope: 254, flags: PERMANENT },
      { index: 2, family: 4, text: '10.20.30.40', prefix: 24, scope: 0, flags: PERMANENT },
      { index: 1, family: 6, text: '::1', prefix: 128, scope: 254, flags: PERMANENT },
      { index: 2, family: 6, text: 'fd00:20::40', prefix: 64, scope: 0, flags: PERMANENT },
    ],
    gateways: [
      { index: 2, family: 4, text: '10.20.30.1', metric: 0, advertised: false },
      { index: 2, family: 6, text: 'fd00:20::1', metric: 1024, advertised: false },
    ],
  }),
  changed: () => false,
  close() {},
};

/** `root` is an empty folder, which gets the recorded files. */
export function recordedNetwork(root: string): NetFacts {
  const resolvConf = join(root, 'etc/resolv.conf');
  mkdirSync(dirname(resolvConf), { recursive: true });
  writeFileSync(resolvConf, recordedEnvironment['/etc/resolv.conf']);
  return createNetFacts({ root, kernel: recordedKernel });
}

export function recordedIntrinsics(net: NetFacts): IntrinsicsPort {
  return createIntrinsics({
    profile: 'linux',
    facts: () => ({
      hostName: 'kvp-golden.example.test',
      ipv4: net.addresses(4),
      ipv6: net.addresses(6),
      kernelName: 'Linux',
      kernelRelease: '6.1.0-99-golden',
      machine: 'x86_64',
      osRelease: parseOsRelease(recordedEnvironment['/etc/os-release']),
    }),
  });
}
