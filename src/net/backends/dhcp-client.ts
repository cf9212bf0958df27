/** The DHCP clients that can be run without a network manager, each on one interface and for IPv4. */
import { KvpError } from '../../errors.js';
import type { ConfigFiles } from '../config-files.js';
import type { FileChange, ManagerCommand } from './backend.js';
import { dhclientHook, hasHooks, isHook } from './dhclient-hook.js';

type Argv = ManagerCommand['argv'];

interface DhcpClient {
  program: string;
  /**
   * Ends with success once there is a lease; the client goes on in the background. With `ownServers` it leaves the DNS
   * servers of resolv.conf as they are; undefined where it cannot.
   */
  start(files: ConfigFiles, name: string, ownServers: boolean): Argv | undefined;
  /** What has to be in place for that, or has to go. */
  files?(files: ConfigFiles, name: string, ownServers: boolean): FileChange[];
  /** Each may find nobody. They keep the lease, so that a change that is taken back gets the same address again. */
  stop(files: ConfigFiles, name: string): Argv[];
}

const CLIENTS: readonly DhcpClient[] = [
  {
    program: 'dhclient',
    start(files, name, ownServers) {
      const leases = files.exists('/var/lib/dhcp') ? '/var/lib/dhcp/dhclient.' : '/var/lib/dhclient/dhclient-';
      return ownServers && !hasHooks(files)
        ? undefined
        : ['dhclient', '-4', '-1', '-pf', `/run/dhclient.${name}.pid`, '-lf', `${leases}${name}.leases`, name];
    },
    files: (files, name, ownServers) => dhclientHook(files, name, ownServers),
    stop: (files, name) => pidFiles(files, name).map((pidFile): Argv => ['dhclient', '-4', '-x', '-pf', pidFile, name]),
  },
  {
    program: 'dhcpcd',
    start: (_, name, ownServers) => ['dhcpcd', '-4', '-w', ...(ownServers ? ['-C', 'resolv.conf'] : []), name],
    // One for both families has another name for its process than one for IPv4.
    stop: (_, name) => [
      ['dhcpcd', '-4', '-x', name],
      ['dhcpcd', '-x', name],
    ],
  },
  {
    program: 'udhcpc',
    // Its script writes resolv.conf in any case.
    start: (_, name, ownServers) =>
      ownServers ? undefined : ['udhcpc', '-n', '-p', `/run/udhcpc.${name}.pid`, '-i', name],
    // Of dpkg and of BusyBox alike.
    stop: (_, name) => [['start-stop-daemon', '-K', '-p', `/run/udhcpc.${name}.pid`, '-n', 'udhcpc']],
  },
];
const FOLDERS = ['/sbin', '/usr/sbin', '/usr/bin', '/bin', '/usr/local/sbin'];
/**
 * `ownServers`: resolv.conf has DNS servers that are to stay. Throws ERR_NET_BACKEND where no client is installed that can
 * do that, ERR_NET_INTERFACE for a name that one would take otherwise.
 */
export function startDhcp(files: ConfigFiles, name: string, ownServers: boolean): ManagerCommand[] {
  const clients = installed(files);
  if (clients.length === 0) {
    const known = CLIENTS.map(({ program }) => program).join(', ');
    throw new KvpError('ERR_NET_BACKEND', { detail: `DHCP needs one of ${known}, and none is installed` });
  }
  const argv = clients
    .map((client) => client.start(files, plainName(name), ownServers))
    .find((one) => one !== undefined);
  if (argv === undefined) {
    const detail = `${clients.map(({ program }) => program).join()} would write the network's DNS servers over those wanted`;
    throw new KvpError('ERR_NET_BACKEND', { detail });
  }
  return [{ argv }];
}

/** The files that each client needs to leave resolv.conf alone, or not to; a name that is none has none. */
export function dhcpFiles(files: ConfigFiles, name: string, ownServers: boolean): FileChange[] {
  if (!PLAIN_NAME.test(name)) return [];
  return installed(files).flatMap((client) => client.files?.(files, name, ownServers) ?? []);
}

/** The files that `dhcpFiles` may change. */
export const isDhcpFile = (path: string): boolean => isHook(path);

/** Whether `dhcpFiles` keeps the client that ifup prefers from writing DNS servers. */
export const canKeepServers = (files: ConfigFiles): boolean =>
  installed(files)[0]?.program === 'dhclient' && hasHooks(files);

/** Each of the installed ones, since any may be running; none is no failure. */
export function stopDhcp(files: ConfigFiles, name: string): ManagerCommand[] {
  const plain = plainName(name);
  return installed(files).flatMap((client) => client.stop(files, plain).map((argv) => ({ argv, mayFail: true })));
}

/** Whether one runs on the interface that `stopDhcp` would end. */
export const isLeasing = (files: ConfigFiles, name: string): boolean => processesOf(files, name).length > 0;

interface ClientProcess {
  program: string;
  words: string[];
}

function processesOf(files: ConfigFiles, name: string): ClientProcess[] {
  const folders = files.list('/proc', '').filter((folder) => /\/[0-9]+$/.test(folder));
  return folders.flatMap((folder): ClientProcess[] => {
    const program = files.text(`${folder}/comm`)?.trim() ?? '';
    if (!CLIENTS.some((client) => client.program === program)) return [];
    const words = (files.text(`${folder}/cmdline`) ?? '').split(/[\s\0]+/);
    // One of dhcpcd may be there for every interface.
    return words.includes(name) || words.some((word) => /^\[(?:master|manager)\]$/.test(word))
      ? [{ program, words }]
      : [];
  });
}

/** Those of the clients that run, else the one that ours would have. */
function pidFiles(files: ConfigFiles, name: string): string[] {
  const running = processesOf(files, name).filter(({ program }) => program === 'dhclient');
  const own = `/run/dhclient.${name}.pid`;
  const named = running.map(({ words }) =>
    words.includes('-pf') ? (words[words.indexOf('-pf') + 1] ?? own) : DHCLIENT_PID,
  );
  return named.length === 0 ? [own] : [...new Set(named)];
}

const DHCLIENT_PID = '/run/dhclient.pid';

const installed = (files: ConfigFiles) =>
  CLIENTS.filter(({ program }) => FOLDERS.some((folder) => files.exists(`${folder}/${program}`)));

const PLAIN_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.@-]*$/;

function plainName(name: string): string {
  if (!PLAIN_NAME.test(name))
    throw new KvpError('ERR_NET_INTERFACE', { detail: 'DHCP clients', actual: JSON.stringify(name) });
  return name;
}
