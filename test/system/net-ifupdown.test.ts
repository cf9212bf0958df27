/** What the ifupdown backend writes is what ifquery reads, and what ifdown and ifup make of it is what was wanted. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createNetFacts, type IpConfiguration } from 'hv-kvp/net';
import { ConfigFiles, differences, ifupdown, inOrderOfComing, makePlan, presentConfiguration } from '#internal';
import { CASES } from '../_support/configurations.js';
import { assert, suite } from '../_support/suite.js';
import { insidePrivateRoot } from './failover/private-root.js';

const MAIN = '/etc/network/interfaces';
const STOCK =
  'auto lo\niface lo inet loopback\n\n# The primary network interface\nallow-hotplug eth0\niface eth0 inet manual\n';

function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

if (await insidePrivateRoot(fileURLToPath(import.meta.url))) {
  mkdirSync('/run/network', { recursive: true });
  rmSync('/etc/resolv.conf', { force: true });
  writeFileSync('/etc/resolv.conf', 'nameserver 203.0.113.53\n');
  writeFileSync(MAIN, STOCK);
  run('ip', 'link', 'set', 'lo', 'up');
  run('ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'far0');
  run('ip', 'link', 'set', 'far0', 'up');
  const net = createNetFacts({ refreshMs: 60_000 });
  const files = new ConfigFiles();
  const eth0 = () => {
    net.refresh();
    return net.interfaces().find(({ name }) => name === 'eth0')!;
  };
  const target = { name: 'eth0', index: eth0().index, mac: undefined };

  function change(wanted: IpConfiguration): void {
    const plan = makePlan({
      files,
      target,
      backend: ifupdown,
      reason: '',
      present: presentConfiguration(eth0()),
      wanted,
    });
    for (const { argv } of plan.activation.before) {
      try {
        run(...argv);
      } catch {
        // May fail: the interface is not as the stanzas say.
      }
    }
    for (const { path, after } of plan.files) writeFileSync(path, after!);
    for (const { argv } of plan.activation.after) run(...argv);
  }

  suite('ifupdown on a kernel', ({ test, after }) => {
    after(() => net.close());

    for (const [title, wanted] of Object.entries(CASES).filter(([, { dhcp }]) => !dhcp)) {
      test(`${title}: as ifquery reads it`, () => {
        writeFileSync(
          '/etc/read-back',
          ifupdown.render(files, target, wanted).find(({ path }) => path === MAIN)?.after ?? readFileSync(MAIN, 'utf8'),
        );
        const said = run('ifquery', '-i', '/etc/read-back', 'eth0').split('\n');
        const values = (option: string) =>
          said.filter((line) => line.startsWith(`${option}: `)).map((line) => line.slice(option.length + 2));
        const coming = ([4, 6] as const).flatMap((family) =>
          inOrderOfComing(
            family,
            wanted.addresses.filter((one) => one.family === family),
          ),
        );
        assert.equal(
          values('address'),
          coming.map(({ text }) => text),
        );
        assert.equal(values('dns-nameservers').join(' '), wanted.dns.join(' '));
        const routes = values('up').map((line) => line.split(' ')[6]);
        assert.equal([...values('gateway'), ...routes].sort(), [...wanted.gateways].sort());
      });

      test(`${title}: as ifup makes it of a stanza whose hooks set a gateway and an address`, () => {
        writeFileSync(
          MAIN,
          'iface eth0 inet static\n    address 192.0.2.99/24\n    up route add -net 0.0.0.0 netmask 0.0.0.0 gw 192.0.2.254 dev eth0\n    up ip addr add 192.0.2.98/24 dev eth0\n',
        );
        change(wanted);
        assert.equal(differences(presentConfiguration(eth0()), wanted), []);
      });

      test(`${title}: as ifup makes it`, () => {
        change(wanted);
        assert.equal(differences(presentConfiguration(eth0()), wanted), []);
      });
    }
  });
}
