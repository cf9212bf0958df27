/** No manager at all: somebody typed the settings, and runs a DHCP client on links that come. */
import { type GuestSystem, writeFile } from '../guest-system.js';
import { ip, run } from '../network.js';

export const iproute2: GuestSystem = {
  name: 'iproute2',
  description: 'no manager: ip(8), /etc/resolv.conf',
  install({ link, addresses, gateways, dns }) {
    writeFile('/etc/resolv.conf', dns.map((server) => `nameserver ${server}\n`).join(''));
    ip(`link set ${link} up`);
    for (const address of addresses) ip(`address add ${address} dev ${link}${address.includes(':') ? ' nodad' : ''}`);
    for (const gateway of gateways) ip(`route add default via ${gateway} dev ${link}`);
  },
  linkCame(link) {
    ip(`link set ${link} up`);
    run('dhclient', '-pf', `/run/dhclient.${link}.pid`, '-lf', `/var/lib/dhcp/dhclient.${link}.leases`, link);
  },
};
