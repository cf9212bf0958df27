/** The steps from one list of addresses to another on a running interface, so that the kernel lists the wanted ones so. */
import { asListed, inOrderOfComing, subnetOf } from '../../address-order.js';
import type { InterfaceAddress } from '../../configuration.js';

export interface AddressSteps {
  /** Added before anything goes: with its last IPv4 address an interface loses every route. */
  hold: InterfaceAddress[];
  /** Taken away first: those that stand in the way of the order, or of the same address with another prefix. */
  first: InterfaceAddress[];
  /** Added or confirmed, in this order. */
  put: InterfaceAddress[];
  /** Taken away last, secondary ones before their primary. */
  last: InterfaceAddress[];
}

/** Of one family, `from` as the kernel lists it. Nothing at all where both lists are the same. */
export function addressSteps(
  family: 4 | 6,
  from: readonly InterfaceAddress[],
  to: readonly InterfaceAddress[],
): AddressSteps {
  const listed = asListed(to);
  if (from.map(key).join() === listed.map(key).join()) return { hold: [], first: [], put: [], last: [] };
  const old = inOrderOfComing(family, from);
  const put = inOrderOfComing(family, listed);
  const wanted = new Set(put.map(key));
  const staying = old.filter((address) => wanted.has(key(address)));
  const gone = old.filter((address) => !wanted.has(key(address)));
  if (family === 4 && !keepsOrder(staying, gone, put)) return anew(old, put);
  const inOrder = staying.findIndex((address, at) => key(address) !== key(put[at]!));
  const misplaced = inOrder < 0 ? [] : staying.slice(inOrder);
  // IPv6 knows an address once, whatever its prefix.
  const clashing = gone.filter(({ text }) => family === 6 && put.some((address) => address.text === text));
  return {
    hold: [],
    first: [...clashing, ...misplaced].reverse(),
    put,
    last: gone.filter((address) => !clashing.includes(address)).reverse(),
  };
}

/** A secondary whose primary goes takes a place behind all others, or goes with it. */
function keepsOrder(
  staying: readonly InterfaceAddress[],
  gone: readonly InterfaceAddress[],
  put: readonly InterfaceAddress[],
): boolean {
  const subnets = new Set(gone.map(subnetOf));
  return (
    staying.every((address, at) => key(address) === key(put[at]!)) && !put.some((one) => subnets.has(subnetOf(one)))
  );
}

/** What is in its place from the beginning stays; everything behind goes and comes again. */
function anew(old: readonly InterfaceAddress[], put: readonly InterfaceAddress[]): AddressSteps {
  const differs = old.findIndex((address, at) => put[at] === undefined || key(address) !== key(put[at]));
  const kept = differs < 0 ? old.length : differs;
  const hold = kept === 0 ? put.slice(0, 1) : [];
  const behind = old.slice(kept).filter((address) => !hold.some((one) => key(one) === key(address)));
  return { hold, first: behind.reverse(), put: [...put], last: [] };
}

const key = ({ text, prefix }: InterfaceAddress) => `${text}/${prefix}`;
