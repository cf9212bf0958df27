/** How a host describes itself to its guests: the sixteen keys of pool 3, in the order Windows sends them (protocol.md 6.2). */
import { requireObject, requireText } from '../arguments.js';
import type { KvpValue } from '../codec/index.js';
import { checkKey, toKvpValue } from './item-limits.js';

/** Numbers travel as u32; a Linux driver hands them to the daemon as decimal text. */
export interface HostDescription {
  HostName: string;
  HostingSystemEditionId: number;
  HostingSystemNestedLevel: number;
  HostingSystemOsMajor: number;
  HostingSystemOsMinor: number;
  HostingSystemProcessorArchitecture: number;
  HostingSystemProcessorIdleStateMax: number;
  HostingSystemProcessorThrottleMax: number;
  HostingSystemProcessorThrottleMin: number;
  HostingSystemSpMajor: number;
  HostingSystemSpMinor: number;
  PhysicalHostName: string;
  PhysicalHostNameFullyQualified: string;
  VirtualMachineDynamicMemoryBalancingEnabled: number;
  VirtualMachineId: string;
  VirtualMachineName: string;
}

export interface Identity {
  /** As `Get-VM` shows it. */
  name: string;
  /** GUID without braces; equals Msvm_ComputerSystem.Name. */
  id: string;
  /** Fully qualified name of the physical host. */
  host: string;
}

/** A description of a host like Windows Server 2022 Datacenter on x64. */
export function describeHost(identity: Identity): HostDescription {
  requireObject('identity', identity);
  const { name, id, host } = identity;
  requireText('name', name);
  requireText('id', id);
  requireText('host', host);
  return {
    HostName: host,
    HostingSystemEditionId: 8,
    HostingSystemNestedLevel: 0,
    HostingSystemOsMajor: 10,
    HostingSystemOsMinor: 0,
    HostingSystemProcessorArchitecture: 9,
    HostingSystemProcessorIdleStateMax: 0,
    HostingSystemProcessorThrottleMax: 100,
    HostingSystemProcessorThrottleMin: 100,
    HostingSystemSpMajor: 0,
    HostingSystemSpMinor: 0,
    PhysicalHostName: (host.split('.')[0] ?? host).toUpperCase(),
    PhysicalHostNameFullyQualified: host,
    VirtualMachineDynamicMemoryBalancingEnabled: 0,
    VirtualMachineId: id.toUpperCase(),
    VirtualMachineName: name,
  };
}

/** Throws what forbids telling a guest this description: the limits of a value, a NUL, a number that is no u32. */
export function checkDescription(description: HostDescription): void {
  requireObject('description', description);
  for (const [name, value] of Object.entries(description) as [string, string | number][]) {
    checkKey(name);
    toKvpValue(value);
  }
}

export function descriptionItems(description: HostDescription): { key: string; value: KvpValue }[] {
  checkDescription(description);
  return Object.entries(description).map(([key, value]: [string, string | number]) => ({
    key,
    value: toKvpValue(value),
  }));
}
