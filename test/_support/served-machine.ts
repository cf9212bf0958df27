/** Host, channel and driver of ours in this process, and the driver's device as a file for daemons of other processes. */

import { createCodec } from 'hv-kvp/codec';
import { type ServeDeviceOptions, type ServedDevice, serveDevice } from 'hv-kvp/device';
import { runDriver } from 'hv-kvp/driver';
import { VirtualMachine, type VirtualMachineOptions } from 'hv-kvp/host';
import { createLocalChannel } from '#internal';

export interface ServedMachine {
  vm: VirtualMachine;
  device: ServedDevice;
  stop(): Promise<void>;
}

export async function serveMachine(
  path: string,
  {
    device: deviceOptions = {},
    driverTimeoutMs = 30_000,
    ...host
  }: Partial<VirtualMachineOptions> & { device?: Partial<ServeDeviceOptions>; driverTimeoutMs?: number } = {},
): Promise<ServedMachine> {
  const channel = createLocalChannel();
  const driver = runDriver(channel.guest, { codec: createCodec(), timeoutMs: driverTimeoutMs });
  const device = await serveDevice({ path, server: driver.session, ...deviceOptions });
  const vm = new VirtualMachine({ channel: channel.host, refreshIntervalMs: 0, ...host });
  vm.boot();
  return {
    vm,
    device,
    async stop() {
      vm.stop();
      driver.stop();
      await device.close();
      channel.close();
    },
  };
}
