/** Changes of the network reach the console within a second, without being asked for; no request starts a process. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pass } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { IpInfo } from 'hv-kvp/codec';
import { guestConsole } from '../_support/guest-console.js';
import { ip } from '../_support/iproute-truth.js';
import * as machine from '../_support/private-machine.js';
import { assert, suite } from '../_support/suite.js';
import { until } from '../_support/until.js';

const MAC = '00:15:5D:00:00:01';
const STRACE_LOG = '/run/strace.log';

const NOTHING: IpInfo = { adapterId: MAC, family: 0, dhcp: false, addresses: [], subnets: [], gateways: [], dns: [] };

const dns = (...servers: string[]) => servers.map((server) => `nameserver ${server}\n`).join('');

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.privateDirectory('/run');
  machine.privateDirectory('/etc/network');
  machine.privateFile('/etc/resolv.conf', dns('192.0.2.53'));
  ip('link set lo up');
  ip(`link add eth1 address ${MAC} type veth peer name far1`);
  for (const name of ['eth1', 'far1']) ip(`link set ${name} addrgenmode none`);
  for (const name of ['eth1', 'far1']) ip(`link set ${name} up`);
  const console = await guestConsole();
  /** Nothing where no interface has the MAC address. */
  const shown = () => console.vm.getIp(MAC).catch(() => NOTHING);
  let slowest = 0;

  /** Milliseconds until the console shows it. */
  async function noticed(what: string, change: () => void, isShown: (info: IpInfo) => boolean): Promise<void> {
    assert.not.ok(isShown(await shown()), `${what}: shown already`);
    change();
    const start = performance.now();
    await until(`${what} is shown`, async () => isShown(await shown()));
    const ms = Math.round(performance.now() - start);
    slowest = Math.max(slowest, ms);
    process.stdout.write(`${what}: ${ms} ms\n`);
  }

  suite('changes of the network', ({ test, after }) => {
    after(() => console.stop());

    test('addresses, gateways, next hops, servers and DHCP are shown without being asked for', async () => {
      const has = (list: 'addresses' | 'gateways' | 'dns', text: string) => (info: IpInfo) => info[list].includes(text);
      const hasNot = (list: 'addresses' | 'gateways' | 'dns', text: string) => (info: IpInfo) =>
        !info[list].includes(text);
      const change = (line: string) => () => void ip(line);
      await noticed('an address', change('address add 192.0.2.1/24 dev eth1'), has('addresses', '192.0.2.1'));
      await noticed(
        'an address of IPv6',
        change('address add 2001:db8::1/64 dev eth1 nodad'),
        has('addresses', '2001:db8::1'),
      );
      await noticed('a gateway', change('route add default via 192.0.2.254 dev eth1'), has('gateways', '192.0.2.254'));
      await noticed(
        'a gateway of IPv6',
        change('-6 route add default via fe80::1 dev eth1'),
        has('gateways', 'fe80::1'),
      );
      await noticed(
        'another gateway',
        change('route replace default via 192.0.2.253 dev eth1'),
        has('gateways', '192.0.2.253'),
      );
      ip('nexthop add id 1 via 192.0.2.252 dev eth1');
      await noticed(
        'a route over a next hop',
        change('route add default nhid 1 metric 9'),
        has('gateways', '192.0.2.252'),
      );
      await noticed(
        'that next hop',
        change('nexthop replace id 1 via 192.0.2.251 dev eth1'),
        has('gateways', '192.0.2.251'),
      );
      await noticed(
        'no gateway',
        change('route delete default via 192.0.2.253 dev eth1'),
        hasNot('gateways', '192.0.2.253'),
      );
      await noticed(
        'an address that is gone',
        change('address delete 192.0.2.1/24 dev eth1'),
        hasNot('addresses', '192.0.2.1'),
      );
      await noticed(
        'a lease',
        change('address add 192.0.2.9/24 dev eth1 valid_lft 99 preferred_lft 99'),
        (info) => info.dhcp,
      );
      await noticed(
        'a stanza',
        () => writeFileSync('/etc/network/interfaces', 'iface eth1 inet static\n'),
        (info) => !info.dhcp,
      );
      await noticed('servers', () => writeFileSync('/etc/resolv.conf', dns('192.0.2.99')), has('dns', '192.0.2.99'));
      await noticed(
        'another MAC address',
        change('link set eth1 address 00:15:5d:00:00:02'),
        (info) => info.addresses.length === 0,
      );
      await noticed('its own again', change(`link set eth1 address ${MAC}`), has('addresses', '192.0.2.9'));
      process.stdout.write(`slowest: ${slowest} ms\n`);
    });

    test('no request starts a process, however much changes meanwhile', async () => {
      const changer = spawn('sh', ['-c', 'while read -r line; do ip $line; done'], {
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      const strace = spawn(
        'strace',
        ['-f', '-qq', '-e', 'trace=execve,execveat,fork,vfork,clone,clone3', '-o', STRACE_LOG, '-p', `${process.pid}`],
        { stdio: ['ignore', 'ignore', 'inherit'] },
      );
      await until('strace is attached', () => /^TracerPid:\s*[1-9]/m.test(readFileSync('/proc/self/status', 'utf8')));

      const seen = new Set<string>();
      let during: string[] = [];
      let control: string[] = [];
      try {
        // A busy machine may be long in making the changes.
        for (let at = 0; at < 400 || seen.size < 2; at++) {
          if (at % 20 === 0 && at < 400) {
            changer.stdin.write(`address add 198.51.100.${at / 20 + 1}/24 dev eth1\n`);
            writeFileSync('/etc/resolv.conf', dns(`203.0.113.${at / 20 + 1}`));
            await pass(100);
          }
          const info = await shown();
          await console.vm.guestItems();
          seen.add(`${info.addresses} ${info.dns}`);
        }
        during = processesStarted();
        // That a process would have been seen.
        execFileSync('true', { stdio: ['pipe', 'pipe', 'pipe'] });
        control = processesStarted();
      } finally {
        strace.kill('SIGKILL');
        changer.kill('SIGKILL');
        await Promise.all([once(strace, 'close'), once(changer, 'close')]);
      }
      assert.equal(during, []);
      assert.ok(
        control.some((line) => line.includes('execve') && line.includes('true')),
        'strace sees processes',
      );
    });
  });
}

/** Threads are none. */
function processesStarted(): string[] {
  return readFileSync(STRACE_LOG, 'utf8')
    .split('\n')
    .filter(
      (line) => line !== '' && !line.includes('CLONE_THREAD') && !/<\.\.\. clone3? resumed>|\+\+\+|---/.test(line),
    );
}
