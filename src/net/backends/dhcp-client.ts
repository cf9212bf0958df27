/** The DHCP clients that can be run without a network manager, each on one interface and for IPv4. */
import { KvpError } from '../../errors.js';
import type { ConfigFiles } from '../config-files.js';
import type { ManagerCommand } from './backend.js';

interface DhcpClient {
  program: string;
  /** Ends with success once there is a lease; the client goes on in the background. */
  start(files: ConfigFiles, name: string): ManagerCommand['argv'];
  /** Keeps the lease, so that a change that is taken back gets the same address again. */
  stop(name: string): ManagerCommand['argv'];
}

const CLIENTS: readonly DhcpClient[] = [
  {
    program: 'dhclient',
    start: (files, name) => [
      'dhclient',
      '-4',
      '-1',
      '-pf',
      `/run/dhclient.${name}.pid`,
      '-lf',
      files.exists('/var/lib/dhcp')
        ? `/var/lib/dhcp/dhclient.${name}.leases`
        : `/var/lib/dhclient/dhclient-${name}.leases`,
      name,
    ],
    stop: (name) => ['dhclient', '-4', '-x', '-pf', `/run/dhclient.${name}.pid`, name],
  },
  {
    program: 'dhcpcd',
    start: (_, name) => ['dhcpcd', '-4', '-w', name],
    stop: (name) => ['dhcpcd', '-4', '-x', name],
  },
  {
    program: 'udhcpc',
    start: (_, name) => ['udhcpc', '-n', '-p', `/run/udhcpc.${name}.pid`, '-i', name],
    stop: (name) => ['pkill', '--exact', '--pidfile', `/run/udhcpc.${name}.pid`, 'udhcpc'],
  },
];
const FOLDERS = ['/sbin', '/usr/sbin', '/usr/bin', '/bin', '/usr/local/sbin'];

/** Throws ERR_NET_BACKEND where no client is installed, ERR_NET_INTERFACE for a name that one would take otherwise. */
export function startDhcp(files: ConfigFiles, name: string): ManagerCommand[] {
  const client = installed(files)[0];
  if (client === undefined) {
    const known = CLIENTS.map(({ program }) => program).join(', ');
    throw new KvpError('ERR_NET_BACKEND', { detail: `DHCP needs one of ${known}, and none is installed` });
  }
  return [{ argv: client.start(files, plainName(name)) }];
}

/** Each of the installed ones, since any may be running; none is no failure. */
export function stopDhcp(files: ConfigFiles, name: string): ManagerCommand[] {
  return installed(files).map((client) => ({ argv: client.stop(plainName(name)), mayFail: true }));
}

const installed = (files: ConfigFiles) =>
  CLIENTS.filter(({ program }) => FOLDERS.some((folder) => files.exists(`${folder}/${program}`)));

function plainName(name: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.@-]*$/.test(name))
    throw new KvpError('ERR_NET_INTERFACE', { detail: 'DHCP clients', actual: JSON.stringify(name) });
  return name;
}
