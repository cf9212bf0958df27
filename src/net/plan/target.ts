/** What an interface may be called, and what its hardware address looks like: both may come from outside. */
import { KvpError } from '../../errors.js';
import type { TargetInterface } from '../backends/backend.js';

/** With its NUL, as the kernel has it (IFNAMSIZ). */
const NAME_BYTES = 16;
/** What stands for bytes that are not UTF-8: two interfaces could look alike, and no program could be told which is meant. */
const NOT_UTF8 = '\ufffd';

/** As the kernel accepts names (Linux dev_valid_name), and as they can be handed on. */
export const isInterfaceName = (name: string): boolean =>
  /^[^\s/:\0]+$/.test(name) &&
  name !== '.' &&
  name !== '..' &&
  !name.includes(NOT_UTF8) &&
  Buffer.byteLength(name) < NAME_BYTES;

export const isMacAddress = (text: string): boolean => /^([0-9A-F]{2}:){5}[0-9A-F]{2}$/.test(text);

/** Throws ERR_NET_INTERFACE for a name that cannot be handed on, and for what is no MAC address. */
export function checkTarget({ name, mac, permanentMac }: TargetInterface): void {
  if (name.includes(NOT_UTF8))
    throw new KvpError('ERR_NET_INTERFACE', { detail: 'its name is not UTF-8', actual: JSON.stringify(name) });
  if (!isInterfaceName(name)) throw new KvpError('ERR_NET_INTERFACE', { actual: JSON.stringify(name) });
  for (const one of [mac, permanentMac])
    if (one !== undefined && !isMacAddress(one))
      throw new KvpError('ERR_NET_INTERFACE', { actual: JSON.stringify(one) });
}
