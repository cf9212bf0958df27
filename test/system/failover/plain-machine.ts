/** A guest without a network manager: one link with an address of OLD, configured by hand. */
import { rmSync } from 'node:fs';
import { writeFile } from './guest-system.js';
import { bringUpLoopback, ip, plugIn } from './network.js';
import { giveAdapterId } from './program-guest.js';
import { SECOND, SITE_B } from './story.js';

export function plugInPlainly(): void {
  rmSync('/etc/network/interfaces', { force: true });
  bringUpLoopback();
  plugIn({ name: SITE_B.name, addresses: SITE_B.addresses }, SECOND.link, SECOND.mac);
  giveAdapterId();
  configureByHand();
}

/** Whatever was configured before. */
export function configureByHand(): void {
  writeFile('/etc/resolv.conf', 'nameserver 192.0.2.53\n');
  ip(`address flush dev ${SECOND.link}`);
  ip(`link set ${SECOND.link} addrgenmode none up`);
  ip(`address add 192.0.2.10/24 dev ${SECOND.link}`);
  ip(`route replace default via 192.0.2.1 dev ${SECOND.link}`);
}
