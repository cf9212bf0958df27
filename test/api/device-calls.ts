import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as device from 'hv-kvp/device';
import { RegisteringDevice } from '../_support/registering-device.js';
import type { RoomCalls } from './calls.js';

const ABSENT = join(tmpdir(), `hv-kvp-api-device-${process.pid}`);

const { open, read, write, poll, release, onWake } = new RegisteringDevice() as device.DeviceServer;
const SERVER = { open, read, write, poll, release, onWake };

/** A call on an opening of its own. */
function onFile(name: 'read' | 'write' | 'close', args: unknown[]) {
  return () => {
    const server = new RegisteringDevice();
    return {
      args,
      async run(...given: unknown[]) {
        const file = await device.createDevicePair(server).open();
        try {
          const call = (file[name] as (...all: unknown[]) => Promise<unknown>).apply(file, given);
          // A read sleeps until the close.
          await Promise.race([call, file.close()]);
          await call.catch((error: unknown) => {
            if (!/EBADF/.test(String(error))) throw error;
          });
        } finally {
          await file.close();
        }
      },
    };
  };
}

const FILE = await device.createDevicePair(new RegisteringDevice()).open();

export const deviceCalls: RoomCalls = {
  subpath: 'device',
  exports: device,
  objects: { DeviceFile: FILE },
  exempt: { serveDevice: 'it mounts; test/system/fuse-start.test.ts tries its options' },
  calls: {
    openDevicePath: () => ({ run: device.openDevicePath, args: [ABSENT, { blockingWrites: false }] }),
    createDevicePair: () => ({ run: device.createDevicePair, args: [SERVER] }),
    'DeviceFile.read': onFile('read', [new Uint8Array(7432)]),
    'DeviceFile.write': onFile('write', [new Uint8Array(7432).fill(100, 0, 1)]),
    'DeviceFile.close': onFile('close', []),
  },
};
