/** What the iproute2 backend takes back is there as it was, lifetimes, metrics and order included, or is said not to be. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KvpError } from 'hv-kvp';
import { createNetFacts, type IpConfiguration } from 'hv-kvp/net';
import { commandRunner, createNetChanger, type NetChangerOptions, netlinkStates, type RunCommand } from '#internal';
import { configuration } from '../_support/configurations.js';
import * as machine from '../_support/private-machine.js';
import { assert, suite } from '../_support/suite.js';

const ip = (line: string): string => execFileSync('ip', line.split(' '), { encoding: 'utf8' });

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDirectory('/run');
  const run = commandRunner();
  ip('link set lo up');
  ip('link add name eth0 type bridge');
  ip('link set dev eth0 addrgenmode none');
  ip('link set dev eth0 up');

  const NEW = configuration('198.51.100.10/24', '198.51.100.1');
  let facts: ReturnType<typeof createNetFacts>;
  let stateDir: string;

  /** A lease with what a client says of it, a service's address before it, and routes that nobody asked hv-kvp to know. */
  function begin(): void {
    ip('address flush dev eth0');
    for (const line of ['route flush dev eth0', '-6 route flush dev eth0', 'route flush table all dev eth0']) ip(line);
    for (const line of [
      'address add 192.0.2.100/32 dev eth0 label eth0:vip',
      'address add 192.0.2.7/24 dev eth0 broadcast 192.0.2.255 valid_lft 3600 preferred_lft 1800 noprefixroute',
      '-6 address add 2001:db8::7/64 dev eth0 nodad noprefixroute',
      '-6 address add 2001:db8::8/64 dev eth0 nodad',
      'route add 192.0.2.0/24 dev eth0 proto dhcp scope link src 192.0.2.7 metric 1024',
      'route add default via 192.0.2.1 dev eth0 proto dhcp src 192.0.2.7 metric 1024',
      'route add 10.0.0.0/8 via 192.0.2.254 dev eth0 proto static mtu 1400',
      'route add default via 192.0.2.254 dev eth0 table 7',
      '-6 route add default via 2001:db8::1 dev eth0 metric 77 proto static',
    ])
      ip(line);
    facts = createNetFacts({ refreshMs: 60_000 });
    stateDir = mkdtempSync(join(tmpdir(), 'hv-kvp-'));
  }

  const changer = (options: Partial<NetChangerOptions> = {}) =>
    createNetChanger({ facts, stateDir, manager: 'iproute2', withinMs: 4_000, probe: async () => [], ...options });

  const apply = (options: Partial<NetChangerOptions>, wanted: IpConfiguration = NEW) =>
    changer(options).apply('eth0', wanted);

  /** Lifetimes go on: whole minutes are left of them. */
  const state = (): string =>
    ['address show dev eth0', 'route show table all dev eth0', '-6 route show dev eth0']
      .map((line) => ip(`${line.startsWith('-6') ? '' : '-4 '}${line}`))
      .concat(ip('-6 address show dev eth0 scope global'))
      .join('\n')
      .replace(/(\d+)sec/g, (_, seconds) => `${Math.round(Number(seconds) / 60)}min`);

  /** As a program would whose `nth` start fails; `before` happens then. */
  const failingAt = (words: string, before: () => void = () => {}): RunCommand => {
    let failed = false;
    return async (command, limits) => {
      if (!failed && command.argv.join(' ').includes(words)) {
        failed = true;
        before();
        throw new KvpError('ERR_NET_COMMAND', { detail: words });
      }
      return run(command, limits);
    };
  };

  const hasJournal = () => existsSync(join(stateDir, 'net-journal'));

  suite('a change by iproute2 that is taken back', ({ test }) => {
    for (const step of ['link set dev eth0 up', 'address replace 198.51.100.10/24', 'route replace default'])
      test(`at "${step}": addresses, lifetimes, labels, order and routes are as they were`, async () => {
        begin();
        const before = state();
        const outcome = await apply({ run: failingAt(step) });
        assert.is(outcome.kind, 'rolled-back', JSON.stringify(outcome));
        assert.is(state(), before);
        assert.not.ok(hasJournal());
      });

    test('because somebody puts an address back at once: all is as it was', async () => {
      begin();
      const before = state();
      const outcome = await apply({
        run: async (command, limits) => {
          const answer = await run(command, limits);
          if (command.argv.includes('del')) ip('address replace 192.0.2.100/32 dev eth0 label eth0:vip');
          return answer;
        },
      });
      assert.is(outcome.kind, 'rolled-back');
      assert.match('error' in outcome ? outcome.error.message : '', '192.0.2.100/32 is still there');
      assert.is(state(), before);
    });

    test('whose process is gone: the next one makes it as it was', async () => {
      begin();
      const before = state();
      const killed = new KvpError('ERR_NET_COMMAND', { detail: 'killed' });
      // As far as a later process can tell: the journal stays, and nothing more happens.
      const dead = changer({
        run: async (command, limits) => {
          if (command.argv.includes('route')) throw killed;
          return run(command, limits);
        },
        kernel: {
          read: netlinkStates.read,
          restore: () => {
            throw killed;
          },
          differences: () => ['killed'],
        },
      });
      await dead.apply('eth0', NEW);
      assert.ok(hasJournal(), 'what could not be restored stays in the journal');
      assert.is.not(state(), before);
      assert.is(await changer().recover(), 'undone');
      assert.is(state(), before);
      assert.not.ok(hasJournal());
    });

    test('and cannot be: the host hears what is not as before, and the journal stays', async () => {
      begin();
      const outcome = await apply({
        run: failingAt('route replace default'),
        kernel: {
          read: netlinkStates.read,
          restore: () => {},
          differences: () => [],
        },
      });
      assert.is(outcome.kind, 'failed');
      assert.match('rollback' in outcome ? outcome.rollback.message : '', /dhcp on is missing/);
      assert.ok(hasJournal());
    });
  });

  suite('a lease of a client that cannot be ended', ({ test }) => {
    test("is networkd's: refused before anything is touched", async () => {
      begin();
      const index = facts.interfaces().find(({ name }) => name === 'eth0')!.index;
      mkdirSync('/run/systemd/netif/leases', { recursive: true });
      writeFileSync(`/run/systemd/netif/leases/${index}`, 'ADDRESS=192.0.2.7\n');
      mkdirSync('/run/systemd/netif/links');
      writeFileSync(
        `/run/systemd/netif/links/${index}`,
        'ADMIN_STATE=configured\nNETWORK_FILE=/etc/systemd/network/10.network\n',
      );
      const before = state();
      await apply({}).then(
        () => assert.unreachable(),
        (error: KvpError) => {
          assert.is(error.code, 'ERR_NET_BACKEND');
          assert.match(error.message, 'systemd-networkd');
        },
      );
      assert.is(state(), before);
      assert.not.ok(hasJournal());
    });
  });
}
