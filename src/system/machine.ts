/** The whole system in one process: host, channel, driver, device, daemon and pools. */
import { optional, requireFunction, requireMethods, requireObject, requireText } from '../arguments.js';
import { type Daemon, guestIntrinsics, runDaemon } from '../daemon/index.js';
import { createDevicePair } from '../device/index.js';
import { type ChangeConfiguration, createNetFacts, createNetPort, type NetFacts } from '../net/index.js';
import { openPools, type PoolStore, type PoolStoreOptions } from '../pool/index.js';
import { createHardware, type Hardware, type HardwareOptions } from './hardware.js';
import { tapDeviceServer } from './tap.js';

export interface MachineOptions extends HardwareOptions {
  /** Where the guest's pool files are; made when missing. */
  poolDir: string;
  pools?: PoolStoreOptions;
  /** Carries out what a host wants of the network. Without it the network is read and never changed. */
  changeNetwork?: ChangeConfiguration;
  /** Logs of the daemon. */
  logger?: Parameters<typeof runDaemon>[0]['logger'];
}

export interface Machine extends Hardware {
  readonly daemon: Daemon;
  /** The guest's pools, as its daemon and its programs see them. */
  readonly pools: PoolStore;
  readonly net: NetFacts;
  /** Ends the daemon, turns the machine off and frees everything; pool files stay. */
  stop(): Promise<void>;
}

/**
 * Starts a machine and resolves when its guest has negotiated and has been offered everything that was due.
 *
 * @example
 * const machine = await startMachine({ poolDir });
 * await machine.vm.add('city', 'Zürich');
 * await machine.stop();
 */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const machine = await createMachine(options);
  try {
    machine.vm.boot();
    await Promise.all([machine.daemon.registered, machine.vm.ready()]);
    return machine;
  } catch (error) {
    await machine.stop();
    throw error;
  }
}

/** The same, with the daemon started but the machine still off, so that a caller can listen to events from the first on. */
export async function createMachine(all: MachineOptions): Promise<Machine> {
  requireObject('options', all);
  const { poolDir, pools: poolOptions, changeNetwork, logger, ...options } = all;
  requireText('poolDir', poolDir);
  optional(requireFunction, 'changeNetwork', changeNetwork);
  if (logger !== undefined) requireMethods('logger', logger, 'debug', 'info', 'warn', 'error');
  const { profile = 'linux' } = options;
  // Its options are checked before a file is made.
  const hardware = createHardware(options);
  const pools = await openPools(poolDir, poolOptions).catch((error: unknown) => {
    hardware.close();
    throw error;
  });
  const net = createNetFacts();
  const intrinsics = guestIntrinsics({ profile, addresses: net });
  const { session } = hardware.driver;
  const device = createDevicePair(options.tap ? tapDeviceServer(session, options.tap) : session);
  const daemon = runDaemon({
    device,
    pools,
    net: createNetPort({ facts: net, ...(changeNetwork === undefined ? {} : { change: changeNetwork }) }),
    intrinsics,
    profile,
    ...(logger === undefined ? {} : { logger }),
  });
  return {
    ...hardware,
    daemon,
    pools,
    net,
    async stop() {
      await daemon.stop();
      hardware.close();
      intrinsics.close();
      net.close();
      await pools.close();
    },
  };
}
