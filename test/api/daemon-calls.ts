import * as daemon from 'hv-kvp/daemon';
import { MemoryPools, noIntrinsics, noNet, recordingLogger } from '../_support/daemon-ports.js';
import { ScriptedDevice } from '../_support/scripted-device.js';
import { VirtualClock } from '../_support/virtual-clock.js';
import type { RoomCalls } from './calls.js';

const FACTS: daemon.GuestFacts = {
  hostName: 'h',
  ipv4: [],
  ipv6: [],
  kernelName: 'Linux',
  kernelRelease: '6',
  machine: 'x',
  osRelease: new Map(),
};
const OPTIONS = { profile: 'linux', facts: () => FACTS, extended: true } satisfies daemon.IntrinsicsOptions;
const intrinsics = daemon.createIntrinsics(OPTIONS);

export const daemonCalls: RoomCalls = {
  subpath: 'daemon',
  exports: daemon,
  objects: { IntrinsicsPort: intrinsics },
  exempt: {},
  calls: {
    createIntrinsics: () => ({ run: daemon.createIntrinsics, args: [OPTIONS] }),
    guestIntrinsics: () => ({
      run: (...given: Parameters<typeof daemon.guestIntrinsics>) => daemon.guestIntrinsics(...given).close(),
      args: [{ profile: 'linux', addresses: { addresses: () => [] }, refreshMs: 60_000, extended: false }],
    }),
    runDaemon: () => ({
      run: (options: daemon.DaemonOptions) => daemon.runDaemon(options).stop(),
      args: [
        {
          device: new ScriptedDevice(),
          pools: new MemoryPools(),
          net: noNet,
          intrinsics: noIntrinsics,
          profile: 'linux',
          logger: recordingLogger(),
          logRequests: true,
          waitForDevice: true,
          deadlineMs: 1_000,
          clock: new VirtualClock(),
        },
      ],
    }),
    'IntrinsicsPort.at': () => ({ run: (index) => intrinsics.at(index), args: [3], sound: () => intrinsics.at(0) }),
    'IntrinsicsPort.driverVersion': () => ({ run: (text) => intrinsics.driverVersion?.(text), args: ['3.1'] }),
  },
};
