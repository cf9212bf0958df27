import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as testing from 'hv-kvp/testing';
import type { RoomCalls } from './calls.js';

const FOLDER = join(tmpdir(), `hv-kvp-api-testing-${process.pid}`);
const HARDWARE = {
  engine: 'js',
  profile: 'linux',
  driverVersion: '4.0',
  interfaceName: () => undefined,
  driverTimeoutMs: 1_000,
  tap: () => {},
  hostTap: () => {},
  refreshIntervalMs: 0,
} satisfies testing.HardwareOptions;
const MACHINE = { ...HARDWARE, poolDir: FOLDER, changeNetwork: async () => {} };

/** What a hostile name made is taken away again. */
async function cleaned(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } finally {
    for (const made of [FOLDER, 'nonsense']) rmSync(made, { recursive: true, force: true });
  }
}

export const testingCalls: RoomCalls = {
  subpath: 'testing',
  exports: testing,
  objects: {},
  exempt: { startMachine: 'createMachine, and the boot that playSession tries' },
  calls: {
    createHardware: () => ({
      run: (...given: Parameters<typeof testing.createHardware>) => testing.createHardware(...given).close(),
      args: [HARDWARE],
    }),
    createMachine: () => ({
      run: (options: testing.MachineOptions) => cleaned(testing.createMachine(options).then((made) => made.stop())),
      args: [MACHINE],
    }),
    playSession: () => ({
      run: (other: unknown, options: testing.SessionOptions) =>
        cleaned(
          testing.createMachine(MACHINE).then(async (machine) => {
            try {
              await testing.playSession((other === 'the machine' ? machine : other) as testing.Machine, options);
            } finally {
              await machine.stop();
            }
          }),
        ),
      args: ['the machine', { publish: async () => {}, onEvent: () => {}, signal: new AbortController().signal }],
    }),
  },
};
