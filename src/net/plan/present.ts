/** The configuration that an interface has now, of what the kernel and the resolver's files say. */
import type { IpConfiguration } from '../configuration.js';
import type { InterfaceFacts } from '../read/facts.js';
import { IFA_F_PERMANENT, SCOPE_LINK } from '../read/rtnetlink.js';

/** Without link-local addresses, and without the IPv6 addresses and gateways that a router's advertisement made. */
export function presentConfiguration({ addresses, gateways, advertised, dns, dhcp }: InterfaceFacts): IpConfiguration {
  return {
    dhcp,
    addresses: addresses
      .filter(({ family, scope, flags }) => scope < SCOPE_LINK && (family === 4 || (flags & IFA_F_PERMANENT) !== 0))
      .map(({ family, text, prefix }) => ({ family, text, prefix })),
    gateways: gateways.filter((gateway) => !advertised.includes(gateway)),
    dns: [...dns],
  };
}
