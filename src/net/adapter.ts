/** Which interface a VMBus adapter id means. */
import type { ConfigFiles } from './config-files.js';

/** "{4b9b9a39-0a6c-4b5c-8d3e-0123456789ab}" → interface name, by sysfs; undefined when there is none. */
export function interfaceByAdapterId(files: ConfigFiles, adapterId: string): string | undefined {
  const wanted = adapterId.toLowerCase();
  return files
    .list('/sys/class/net', '')
    .find((folder) => files.text(`${folder}/device/device_id`)?.split('\n')[0]?.toLowerCase() === wanted)
    ?.split('/')
    .at(-1);
}
