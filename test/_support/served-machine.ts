/** Host, channel and driver of ours in this process, and the driver's device as a file for daemons of other processes. */
import { type ServeDeviceOptions, serveDevice } from 'hv-kvp/device';
import { createHardware, type Hardware, type HardwareOptions } from 'hv-kvp/testing';

export interface ServedMachine {
  vm: Hardware['vm'];
  path: string;
  stop(): Promise<void>;
}

export async function serveMachine(
  path: string,
  options: HardwareOptions = {},
  device: Partial<ServeDeviceOptions> = {},
): Promise<ServedMachine> {
  const hardware = createHardware({ refreshIntervalMs: 0, ...options });
  const served = await serveDevice({ path, server: hardware.driver.session, ...device });
  hardware.vm.boot();
  return {
    vm: hardware.vm,
    path,
    async stop() {
      hardware.close();
      await served.close();
    },
  };
}
