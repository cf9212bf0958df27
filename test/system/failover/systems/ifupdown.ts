/** ifupdown with dhclient and resolvconf, as Debian's servers have it. */
import { mkdirSync } from 'node:fs';
import { type GuestSystem, writeFile } from '../guest-system.js';
import { run } from '../network.js';

export const ifupdown: GuestSystem = {
  name: 'ifupdown',
  apart: 'openresolv',
  description: 'ifupdown, /etc/network/interfaces',
  install({ link, addresses, gateways, dns }) {
    mkdirSync('/run/network', { recursive: true });
    const stanzas = addresses.map((address) => {
      const own = (text: string) => text.includes(':') === address.includes(':');
      return [
        `iface ${link} ${address.includes(':') ? 'inet6' : 'inet'} static`,
        `    address ${address}`,
        ...gateways.filter(own).map((gateway) => `    gateway ${gateway}`),
        `    dns-nameservers ${dns.filter(own).join(' ')}`,
        '',
      ].join('\n');
    });
    writeFile(
      '/etc/network/interfaces',
      `auto lo\niface lo inet loopback\n\n# The address that everybody knows.\nallow-hotplug ${link}\n${stanzas.join('')}\nallow-hotplug eth1\niface eth1 inet dhcp\n`,
    );
    run('ifup', 'lo', link);
  },
  linkCame(link) {
    run('ifup', link);
  },
};
