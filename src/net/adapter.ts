/**
 * Which interface an adapter id of SET_IP_INFO means. Linux's driver hands the VMBus id on as the host sent it; FreeBSD's
 * compares it with its network devices and puts the device's name in its place (protocol.md 3.9): "hn0" and a NUL, with
 * the rest of the id left behind. Where it knows none the id stays, and no interface has such a name.
 */
import { requireMethods, requireText } from '../arguments.js';
import { ConfigFiles } from './config-files.js';
import type { NetFacts } from './read/facts.js';

/** "{4b9b9a39-0a6c-4b5c-8d3e-0123456789ab}", or what the driver made of it → interface name; undefined when there is none. */
export type AdapterLookUp = (adapterId: string) => string | undefined;

/** Linux: by sysfs. */
export function lookUpInSysfs(files = new ConfigFiles()): AdapterLookUp {
  requireMethods('files', files, 'list', 'text');
  return (adapterId) => {
    requireText('adapterId', adapterId);
    const wanted = adapterId.toLowerCase();
    return files
      .list('/sys/class/net', '')
      .find((folder) => files.text(`${folder}/device/device_id`)?.split('\n')[0]?.toLowerCase() === wanted)
      ?.split('/')
      .at(-1);
  };
}

/** FreeBSD: the driver's answer, if there is such an interface. Unverified on a real FreeBSD. */
export function lookUpByName(facts: Pick<NetFacts, 'interfaces'>): AdapterLookUp {
  requireMethods('facts', facts, 'interfaces');
  return (adapterId) => {
    requireText('adapterId', adapterId);
    return facts.interfaces().find(({ name }) => name === adapterId)?.name;
  };
}
