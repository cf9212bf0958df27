/** What DHCP clients without a manager leave behind. Files outlive their clients: a lease counts while it is in use. */

import type { DhcpSubject } from '../backends/backend.js';
import type { ConfigFiles } from '../config-files.js';

/** True or undefined: that a client left nothing says nothing. */
type Lease = true | undefined;

/** Of ISC's client, in the files of Debian, Red Hat and FreeBSD; the one without a name is for all interfaces. */
export function dhclientLease(files: ConfigFiles, { name, ipv4, time }: DhcpSubject): Lease {
  for (const path of [
    `/var/lib/dhcp/dhclient.${name}.leases`,
    '/var/lib/dhcp/dhclient.leases',
    `/var/lib/dhclient/dhclient-${name}.leases`,
    `/var/lib/dhclient/dhclient--${name}.lease`,
    '/var/lib/dhclient/dhclient.leases',
    `/var/db/dhclient.leases.${name}`,
  ]) {
    const leases = (files.text(path) ?? '').matchAll(/^lease[ \t]*\{([^}]{0,16384})\}/gm);
    const last = [...leases].map(([, text = '']) => text).findLast((text) => setting(text, 'interface') === name);
    const address = last && setting(last, 'fixed-address');
    if (last !== undefined && address !== undefined && ipv4.includes(address) && !hasExpired(last, time)) return true;
  }
  return undefined;
}

function setting(lease: string, key: string): string | undefined {
  return new RegExp(`^\\s*${key}\\s+"?([^";]*)"?\\s*;`, 'm').exec(lease)?.[1]?.trim();
}

/** `expire 2 2026/11/24 05:03:53;` (a day of the week, UTC), `expire epoch 1795496633; # …`, `expire never;` */
function hasExpired(lease: string, time: number): boolean {
  const text = setting(lease, 'expire');
  const [, seconds] = /^epoch (\d+)/.exec(text ?? '') ?? [];
  const [, date, timeOfDay] = /^\d (\d+\/\d+\/\d+) ([\d:]+)/.exec(text ?? '') ?? [];
  const end = seconds === undefined ? Date.parse(`${date} ${timeOfDay} UTC`) : Number(seconds) * 1000;
  return end < time;
}

/** The address that a server gave stands at this offset of its message (RFC 2131), which is what dhcpcd keeps. */
const YIADDR = 16;

export function dhcpcdLease(files: ConfigFiles, { name, ipv4 }: DhcpSubject): Lease {
  const leases = ['dhcpcd', 'dhcpcd5'].map((folder) => files.bytes(`/var/lib/${folder}/${name}.lease`));
  const isInUse = leases.some((lease) => ipv4.includes(lease?.subarray(YIADDR, YIADDR + 4).join('.') ?? ''));
  // One for everything, or one for an interface, for both families or for IPv4 alone.
  const own = [`${name}.pid`, `${name}-4.pid`].map((file) => `/run/dhcpcd/${file}`);
  const runs = [...own, '/run/dhcpcd/pid', `/run/dhcpcd-${name}.pid`, `/run/dhcpcd-${name}-4.pid`, '/run/dhcpcd.pid'];
  return isInUse && runs.some((path) => files.exists(path)) ? true : undefined;
}

/** BusyBox's client leaves no lease behind, and addresses without a lifetime. */
export function udhcpcRuns(files: ConfigFiles, { name }: DhcpSubject): Lease {
  const pid = /^[0-9]+/.exec(files.text(`/run/udhcpc.${name}.pid`) ?? '')?.[0];
  return pid !== undefined && files.text(`/proc/${pid}/comm`)?.trim() === 'udhcpc' ? true : undefined;
}
