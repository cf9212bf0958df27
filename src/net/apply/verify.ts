/** Whether a configuration is in force, by what the kernel and the resolver's files say. */
import { setTimeout as pass } from 'node:timers/promises';
import type { TargetInterface } from '../backends/backend.js';
import type { IpConfiguration } from '../configuration.js';
import { type Difference, differences } from '../differences.js';
import { presentConfiguration } from '../plan/present.js';
import type { InterfaceFacts, NetFacts } from '../read/facts.js';
import { IFA_F_TENTATIVE } from '../read/rtnetlink.js';

/** What is read here of `NetFacts`. */
export type FactsSource = Pick<NetFacts, 'interfaces' | 'refresh'>;

/** Managers take a link down and up again: what holds for so long stays. */
const SETTLED_MS = 250;
/** A link that is gone for so long does not come back for this change. */
const GONE_MS = 1_000;
const LOOK_EVERY_MS = 25;

/**
 * What still differs when the configuration has held for a moment or, at the latest, after `withinMs`: nothing when it
 * is in force. `signal` ends the waiting, and so does a link that goes away.
 */
export async function whatDiffers(
  facts: FactsSource,
  target: TargetInterface,
  wanted: IpConfiguration,
  { withinMs, signal }: { withinMs: number; signal?: AbortSignal | undefined },
): Promise<string[]> {
  const end = performance.now() + withinMs;
  let since: number | undefined;
  let seen = performance.now();
  for (;;) {
    await facts.refresh();
    const found = facts.interfaces().find(({ name }) => name === target.name);
    const missing = found === undefined ? [`there is no interface ${target.name}`] : shortcomings(found, wanted);
    const now = performance.now();
    since = missing.length > 0 ? undefined : (since ?? now);
    if (found !== undefined) seen = now;
    if (since !== undefined && now - since >= SETTLED_MS) return [];
    if (now >= end || now - seen >= GONE_MS || signal?.aborted)
      return missing.length > 0 ? missing : ['it has not settled'];
    await pass(LOOK_EVERY_MS);
  }
}

function shortcomings(found: InterfaceFacts, wanted: IpConfiguration): string[] {
  const present = presentConfiguration(found);
  const tentative = found.addresses.filter(
    ({ text, flags }) => (flags & IFA_F_TENTATIVE) !== 0 && wanted.addresses.some((address) => address.text === text),
  );
  return [
    ...(found.up ? [] : [`${found.name} is down`]),
    ...differences(present, wanted).filter(counts).map(asText),
    ...tentative.map(({ text }) => `${text} is not ready yet`),
    ...(wanted.dhcp && !present.addresses.some(({ family }) => family === 4) ? ['no address by DHCP'] : []),
  ];
}

/**
 * Servers beyond those that are wanted belong to other interfaces: the resolver has one list for all. An IPv6 address
 * beyond them may be of a router that advertises it for ever, which looks like one that somebody set.
 */
const counts = ({ sign, what, text }: Difference) =>
  sign === '+' || !(what === 'dns' || what === 'order' || (what === 'address' && text.includes(':')));

const asText = ({ sign, what, text }: Difference) =>
  what === 'order' ? `the order is not ${text}` : `${what} ${text} ${sign === '+' ? 'is missing' : 'is still there'}`;
