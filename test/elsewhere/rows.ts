/** The days, places and machines on which the unit suite has to pass, one row each. */
import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Row {
  name: string;
  /** Stands before the command, and runs it. */
  wrapper?: readonly string[];
  /** Undefined takes a variable out of the environment. */
  env?: Readonly<Record<string, string | undefined>>;
  /** The folder's name in which a copy of the project lies. */
  folder?: string;
  /** Who owns the copy and runs the tests. Default root. */
  user?: number;
  /** The release of Node, a folder below test/runtimes/node_modules. Default: the one that runs this. */
  node?: string;
}

const NOBODY = 65_534;

const date = (name: string, time: string, zone?: string): Row => ({
  name: `date: ${name}`,
  wrapper: ['faketime', '-f', time],
  env: { FAKETIME_DONT_FAKE_MONOTONIC: '1', ...(zone === undefined ? {} : { TZ: zone }) },
});
const zone = (name: string): Row => ({ name: `time zone: ${name}`, env: { TZ: name } });
const locale = (name: string): Row => ({
  name: `locale: ${name}`,
  env: { LC_ALL: name, LANG: name, LANGUAGE: undefined },
});
const umask = (mask: string): Row => ({
  name: `umask: ${mask}`,
  wrapper: ['sh', '-c', `umask ${mask}; exec "$@"`, 'umask'],
});
const node = (release: string): Row => ({ name: `Node ${release}`, node: `node-${release}` });

/** In a network namespace of its own, after `prepare` has run there. */
const network = (name: string, prepare: string): Row => ({
  name: `network: ${name}`,
  wrapper: ['unshare', '--net', 'sh', '-c', `${prepare} && exec "$@"`, 'network'],
});

export const ROWS: readonly Row[] = [
  date('one year ago', '-1y'),
  date('tomorrow', '+1d'),
  date('in one year', '+1y'),
  date('in ten years', '+10y'),
  date('29 February 2028', '@2028-02-29 12:00:00'),
  date('the last seconds of daylight-saving time', '@2026-10-25 02:59:50', 'Europe/Berlin'),
  date('20 January 2038', '@2038-01-20 12:00:00'),
  zone('Asia/Kathmandu'),
  zone('America/St_Johns'),
  zone('Pacific/Chatham'),
  locale('C'),
  locale('tr_TR.UTF-8'),
  locale('de_DE.UTF-8'),
  umask('0'),
  umask('027'),
  umask('077'),
  { name: 'user: root' },
  {
    name: 'user: an ordinary one',
    user: NOBODY,
    wrapper: ['setpriv', '--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups'],
    env: { HOME: '/nonexistent' },
  },
  { name: 'HOME: unset', env: { HOME: undefined } },
  { name: 'TMPDIR: on another file system', env: { TMPDIR: otherFileSystem() } },
  { name: 'path: with spaces and non-ASCII letters', folder: 'ein Ordner für hv-kvp, שלום' },
  network('loopback alone', 'ip link set lo up'),
  network('without IPv6', 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6 && ip link set lo up'),
  node('20.19'),
  node('22'),
  node('24'),
];

/** A folder for temporary files that is on another file system than the usual one. */
function otherFileSystem(): string {
  const usual = statSync(tmpdir()).dev;
  const other = ['/dev/shm', '/run', '/var/tmp'].find(
    (path) => statSync(path, { throwIfNoEntry: false })?.dev !== usual,
  );
  if (other === undefined) throw new Error('every folder for temporary files is on one file system');
  return other;
}

/** The program of a row's Node. */
export function nodeOf({ node }: Row, root: string): string {
  return node === undefined ? process.execPath : join(root, 'test/runtimes/node_modules', node, 'bin/node');
}
