/**
 * Shows a failover, for each network manager: a guest's address is lost with its host, and the next host gives it back.
 * Everything happens in namespaces of its own.
 *
 *     npm run demo:failover [-- SYSTEM…]
 */
import { fileURLToPath } from 'node:url';
import type { ApplyEvent } from '#internal';
import { until } from '../../_support/until.js';
import type { SystemName } from './guest-system.js';
import { addressesOf, gatewaysOf, pings } from './network.js';
import { insidePrivateRoot, isInsidePrivateRoot, whatIsMissing } from './private-root.js';
import { FIRST, isConfigured, moveToSecondHost, SECOND, SETTINGS, STORED, startAtFirstHost } from './story.js';
import { GUEST_SYSTEMS } from './systems/index.js';
import { createVirtualHost } from './virtual-host.js';

const names = process.argv.slice(2);
const known = Object.keys(GUEST_SYSTEMS) as SystemName[];

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

let lostAt: number | undefined;
function step(who: string, text: string): void {
  const time = lostAt === undefined ? '' : `${((performance.now() - lostAt) / 1000).toFixed(2)} s`;
  say(`${time.padStart(7)}  ${who.padEnd(6)} ${text}`);
}

function changeStep(event: ApplyEvent): void {
  if (event.what === 'written') step('guest', `  writes ${event.paths.join(', ')}`);
  else if (event.what === 'command') {
    const end = event.error === undefined ? '' : event.mattered ? ' (failed)' : ' (was not needed)';
    step('guest', `  runs ${event.argv.join(' ')}${end}`);
  } else if (event.what === 'verified') step('guest', '  finds everything in force: success');
  else if (event.what === 'taking-back') step('guest', `  takes it back: ${event.error.message}`);
}

const shownState = (link: string) =>
  `${link}: ${addressesOf(link).join(', ') || 'no address'}, via ${gatewaysOf(link).join(', ') || 'no gateway'}`;

/** Milliseconds from the loss of the host to the guest's answering under its own address again. */
async function play(name: SystemName): Promise<number> {
  const system = GUEST_SYSTEMS[name];
  say(`\n${name}: ${system.description}`);
  const host = await createVirtualHost({ backend: name, onEvent: changeStep });
  try {
    await startAtFirstHost(system);
    step('guest', shownState(FIRST.link));
    await host.vm.setFailover(SECOND.guid, STORED);
    step('host', `stores these settings for a failover (adapter ${SECOND.guid})`);

    lostAt = performance.now();
    step('', 'the host is lost; the guest starts on another one, with another adapter');
    await moveToSecondHost(system);
    step('guest', shownState(SECOND.link));
    step('host', 'negotiates, and sends the stored settings: SET_IP_INFO');
    host.vm.failover();
    await Promise.all([host.daemon.registered, host.vm.ready()]);
    step('guest', shownState(SECOND.link));
    for (const gateway of SETTINGS.gateways) {
      await until(`${gateway} answers`, () => pings(gateway));
      step('guest', `ping ${gateway}: answered`);
    }
    const took = performance.now() - lostAt;
    if (!isConfigured(SECOND.link, SETTINGS)) throw new Error('the settings are not in force');
    const told = await host.vm.getIp(SECOND.mac);
    step(
      'host',
      `its console shows ${told.addresses.join(', ')}; gateways ${told.gateways.join(', ')}; DNS ${told.dns.join(', ')}`,
    );
    return took;
  } finally {
    await host.stop();
  }
}

async function playInside(): Promise<number> {
  const took = await play(names[0] as SystemName);
  say(`${name(names[0]!)} address back ${(took / 1000).toFixed(2)} s after the loss`);
  return 0;
}

const name = (text: string) => `${text}:`.padEnd(15);

/** Each in a machine of its own. */
async function playAll(systems: readonly SystemName[]): Promise<number> {
  const failed: string[] = [];
  for (const system of systems) {
    process.argv.splice(2, Number.POSITIVE_INFINITY, system);
    await insidePrivateRoot(fileURLToPath(import.meta.url), GUEST_SYSTEMS[system].apart);
    if (process.exitCode !== 0) failed.push(system);
  }
  say(failed.length === 0 ? '\nrestored with every system' : `\nnot restored with: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  if (isInsidePrivateRoot()) return playInside();
  const unknown = names.filter((one) => !known.some((system) => system === one));
  if (unknown.length > 0) {
    process.stderr.write(`unknown: ${unknown.join(', ')} - use ${known.join(', ')}\n`);
    return 2;
  }
  const systems = names.length === 0 ? known : (names as SystemName[]);
  const missing = systems.map((system) => whatIsMissing(GUEST_SYSTEMS[system].apart)).find((one) => one !== undefined);
  if (missing !== undefined) {
    process.stderr.write(`demo:failover cannot run here. Missing: ${missing}\n`);
    return 3;
  }
  return playAll(systems);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
// Programs that the systems started go with the machine.
if (isInsidePrivateRoot()) process.exit();
