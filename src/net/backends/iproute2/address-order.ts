/**
 * The steps from one list of addresses to another on a running interface, so that the kernel ends with the wanted ones in
 * the wanted order. The kernel keeps IPv4 addresses in the order in which they came, and of one subnet the first is the
 * primary; of IPv6 it lists the newest first.
 */
import type { InterfaceAddress } from '../../configuration.js';

export interface AddressSteps {
  /** Taken away first: those that stand in the way of the order, or of the same address with another prefix. */
  first: InterfaceAddress[];
  /** Added or confirmed, in this order. */
  put: InterfaceAddress[];
  /** Taken away last, secondary ones before their primary. */
  last: InterfaceAddress[];
}

/** Of one family. Nothing at all where both lists are the same. */
export function addressSteps(
  family: 4 | 6,
  from: readonly InterfaceAddress[],
  to: readonly InterfaceAddress[],
): AddressSteps {
  if (from.map(key).join() === to.map(key).join()) return { first: [], put: [], last: [] };
  const inOrderOfComing = (list: readonly InterfaceAddress[]) => (family === 4 ? [...list] : [...list].reverse());
  const old = inOrderOfComing(from);
  const put = inOrderOfComing(to);
  const wanted = new Set(put.map(key));
  const staying = old.filter((address) => wanted.has(key(address)));
  const inOrder = staying.findIndex((address, at) => key(address) !== key(put[at]!));
  const misplaced = inOrder < 0 ? [] : staying.slice(inOrder);
  const gone = old.filter((address) => !wanted.has(key(address)));
  // IPv6 knows an address once, whatever its prefix.
  const clashing = gone.filter(({ text }) => family === 6 && put.some((address) => address.text === text));
  return {
    first: [...clashing, ...misplaced].reverse(),
    put,
    last: gone.filter((address) => !clashing.includes(address)).reverse(),
  };
}

const key = ({ text, prefix }: InterfaceAddress) => `${text}/${prefix}`;
