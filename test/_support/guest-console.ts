/** What a host's console shows of this machine's network: host, driver, device and our daemon, over the real facts. */
import { runDaemon } from 'hv-kvp/daemon';
import { createDevicePair } from 'hv-kvp/device';
import { createNetFacts, createNetPort, type NetFacts } from 'hv-kvp/net';
import { createHardware, type Hardware } from 'hv-kvp/testing';
import { MemoryPools, noIntrinsics } from './daemon-ports.js';

export interface GuestConsole {
  vm: Hardware['vm'];
  facts: NetFacts;
  /** After everything was read anew. */
  shows(mac: string): ReturnType<Hardware['vm']['getIp']>;
  stop(): Promise<void>;
}

export interface GuestConsoleOptions {
  /** 4.0 has texts in the message, 5.0 has binary addresses. */
  version?: '4.0' | '5.0';
  refreshMs?: number;
  pools?: MemoryPools;
}

export async function guestConsole(options: GuestConsoleOptions = {}): Promise<GuestConsole> {
  const { version = '4.0', refreshMs, pools = new MemoryPools() } = options;
  const hardware = createHardware({ refreshIntervalMs: 0, kvpVersion: version, driverVersion: version });
  const facts = createNetFacts(refreshMs === undefined ? {} : { refreshMs });
  const daemon = runDaemon({
    device: createDevicePair(hardware.driver.session),
    pools,
    net: createNetPort({ facts }),
    intrinsics: noIntrinsics,
  });
  hardware.vm.boot();
  await Promise.all([daemon.registered, hardware.vm.ready()]);
  return {
    vm: hardware.vm,
    facts,
    async shows(mac) {
      await facts.refresh();
      return hardware.vm.getIp(mac);
    },
    async stop() {
      await daemon.stop();
      hardware.close();
      facts.close();
    },
  };
}
