/** NetworkManager with its own DHCP client; links without a profile get one with DHCP from it. */
import { rmSync } from 'node:fs';
import { type GuestSystem, startService, writeFile } from '../guest-system.js';
import { startBus } from './bus.js';

export const networkmanager: GuestSystem = {
  name: 'networkmanager',
  description: 'NetworkManager, /etc/NetworkManager/system-connections',
  async install({ link, addresses, gateways, dns }) {
    await startBus();
    writeFile('/etc/resolv.conf', '');
    rmSync('/etc/network/interfaces', { force: true });
    writeFile('/etc/NetworkManager/NetworkManager.conf', '[main]\nplugins=keyfile\ndhcp=internal\n');
    const section = (family: 4 | 6) => {
      const own = (text: string) => text.includes(':') === (family === 6);
      const numbered = addresses.filter(own).map((address, at) => `address${at + 1}=${address}\n`);
      const gateway = gateways.filter(own).map((text) => `gateway=${text}\n`);
      return `\n[ipv${family}]\nmethod=manual\n${numbered.join('')}${gateway.join('')}dns=${dns
        .filter(own)
        .map((text) => `${text};`)
        .join('')}\n`;
    };
    writeFile(
      `/etc/NetworkManager/system-connections/${link}.nmconnection`,
      `# The address that everybody knows.\n[connection]\nid=${link}\nuuid=6d2a1e5c-2b0f-4f6e-9d53-0123456789ab\ntype=ethernet\ninterface-name=${link}\n${section(4)}${section(6)}`,
      0o600,
    );
    startService('NetworkManager', '--no-daemon');
  },
  linkCame() {},
};
