/** What an interface may be called, and what its hardware address looks like: both may come from outside. */
import { KvpError } from '../../errors.js';
import type { TargetInterface } from '../backends/backend.js';

/** With its NUL, as the kernel has it (IFNAMSIZ). */
const NAME_BYTES = 16;

/** Throws ERR_NET_INTERFACE for what no kernel calls an interface (Linux dev_valid_name), and for what is no MAC address. */
export function checkTarget({ name, mac }: TargetInterface): void {
  const isName = /^[^\s/:\0]+$/.test(name) && name !== '.' && name !== '..' && Buffer.byteLength(name) < NAME_BYTES;
  const isMac = mac === undefined || /^([0-9A-F]{2}:){5}[0-9A-F]{2}$/.test(mac);
  if (!isName || !isMac) throw new KvpError('ERR_NET_INTERFACE', { actual: JSON.stringify(isName ? mac : name) });
}
