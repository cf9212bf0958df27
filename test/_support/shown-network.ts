/** Whether what a console shows is what iproute2 says. */
import type { IpInfo } from 'hv-kvp/codec';
import type { GuestConsole } from './guest-console.js';
import { addressesOf, type Link, links } from './iproute-truth.js';
import { assert } from './suite.js';

/** Of each family, in the binary form. */
const GATEWAYS = 5;
/** Of a list in the text form, without its NUL. */
const LIST_CHARACTERS = 1023;
const isIpv6 = (text: string) => text.includes(':');

/** What the console shows of these MAC addresses, and what iproute2 says, while no address becomes ready for use and no link wakes up. */
export async function atOneMoment(
  console: GuestConsole,
  macs: readonly string[],
): Promise<{ shown: IpInfo[]; told: Link[] }> {
  for (;;) {
    const before = links();
    const shown: IpInfo[] = [];
    for (const mac of macs) shown.push(await console.shows(mac));
    const told = links();
    const state = (all: Link[]) => JSON.stringify(all.map((link) => [addressesOf(link), link.gateways]));
    if (state(before) === state(told)) return { shown, told };
  }
}

export function equalsIproute(shown: IpInfo, link: Link, about = link.ifname): void {
  const expected = addressesOf(link);
  const told = shown.addresses.map((text, at) => `${text} ${slashed(text, shown.subnets[at]!)}`);
  assert.is(shown.addresses.length, shown.subnets.length, about);
  const truth = expected.map(({ text, subnet }) => `${text} ${subnet}`).sort();
  if (expected.map(({ text }) => text).join(';').length <= LIST_CHARACTERS) assert.equal(told.toSorted(), truth, about);
  else
    assert.equal(
      told.filter((one) => !truth.includes(one)),
      [],
      about,
    );
  const ranks = shown.addresses.map((text) => expected.find((one) => one.text === text)!.rank);
  assert.equal(ranks, ranks.toSorted(ascending), `${about}: the most useful first: ${shown.addresses}`);
  const families =
    (expected.some((one) => !isIpv6(one.text)) ? 1 : 0) + (expected.some((one) => isIpv6(one.text)) ? 2 : 0);
  assert.is(shown.family, families, about);
  for (const ofFamily of [isIpv6, (text: string) => !isIpv6(text)])
    assert.equal(shown.gateways.filter(ofFamily), link.gateways.filter(ofFamily).slice(0, GATEWAYS), about);
}

const ascending = (a: number, b: number) => a - b;

/** The binary form has numbers, which the host shows without a slash. */
const slashed = (address: string, subnet: string) =>
  isIpv6(address) && !subnet.startsWith('/') ? `/${subnet}` : subnet;
