/**
 * The simulated Hyper-V host with the guest's driver and daemon, whose network half changes the private machine. Only
 * the look-up of the adapter is replaced: no cable of a test has the id that Hyper-V gives to its adapters.
 */
import { mkdirSync } from 'node:fs';
import { type Daemon, guestIntrinsics, runDaemon } from 'hv-kvp/daemon';
import { createDevicePair } from 'hv-kvp/device';
import { createNetFacts, createNetPort } from 'hv-kvp/net';
import { openPools } from 'hv-kvp/pool';
import { createHardware, type Hardware } from 'hv-kvp/testing';
import { type ApplyEvent, createNetChanger } from '#internal';
import type { SystemName } from './guest-system.js';
import { SECOND } from './story.js';

export interface VirtualHost {
  vm: Hardware['vm'];
  daemon: Daemon;
  stop(): Promise<void>;
}

export interface VirtualHostOptions {
  backend: SystemName;
  stateDir?: string;
  onEvent?: (event: ApplyEvent) => void;
}

/** The machine is off; its daemon waits for the driver. */
export async function createVirtualHost(options: VirtualHostOptions): Promise<VirtualHost> {
  const { backend: name, stateDir = '/var/lib/hyperv', onEvent = () => {} } = options;
  mkdirSync('/var/lib/hyperv', { recursive: true });
  const pools = await openPools('/var/lib/hyperv', { createAll: true });
  const hardware = createHardware({ refreshIntervalMs: 0 });
  const facts = createNetFacts();
  const changer = createNetChanger({ facts, stateDir, onEvent, manager: name });
  const net = createNetPort({
    facts,
    change: changer.change,
    lookUp: (adapterId) => (adapterId === SECOND.guid ? SECOND.link : undefined),
  });
  const intrinsics = guestIntrinsics({ profile: 'linux', addresses: net });
  const daemon = runDaemon({ device: createDevicePair(hardware.driver.session), pools, net, intrinsics });
  return {
    vm: hardware.vm,
    daemon,
    async stop() {
      await daemon.stop();
      hardware.close();
      intrinsics.close();
      facts.close();
      await pools.close();
    },
  };
}
