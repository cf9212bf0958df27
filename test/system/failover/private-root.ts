/**
 * Runs a file of tests, or the demo, in a machine of its own: namespaces for mounts, network, processes and names, and
 * a root file system that lies over the real one. The unpacked packages of test/system/setup appear there as if they
 * were installed. Nothing that happens inside is seen outside, but for the folder of the sources and that of temporary
 * files.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PEERS } from '../../_support/private-machine.js';

const INSIDE = 'HV_KVP_PRIVATE_ROOT';

/** Packages that have files in common; each is unpacked in a folder of its own. */
export type Apart = 'openresolv' | 'systemd-resolved' | 'dhcpcd-base';

/**
 * A read-only /sys, as in containers: with a writable one networkd waits for a udev that is not there. The folders of
 * the unpacked packages may have /lib and /sbin, which are links on a merged system.
 */
const ENTER = `
set -eu
base=/mnt
mount -t tmpfs -o mode=755 private-root $base
mkdir -p $base/work $base/root $base/upper/usr/bin $base/upper/usr/sbin $base/upper/usr/lib
for name in bin sbin lib; do ln -s usr/$name $base/upper/$name; done
while [ "$1" != -- ]; do tar -C "$1" -c --exclude=./apart . | tar -C $base/upper -x --keep-directory-symlink; shift; done
shift
mount -t overlay private-root -o lowerdir=/,upperdir=$base/upper,workdir=$base/work $base/root
root=$base/root
mount -t proc private-proc $root/proc
mount -t sysfs -o ro private-sys $root/sys
mount --rbind /dev $root/dev
mount -t tmpfs -o mode=755 private-run $root/run
mkdir -p $root/var/lib/NetworkManager $root/var/lib/hyperv
for state in NetworkManager hyperv; do mount -t tmpfs -o mode=755 private-$state $root/var/lib/$state; done
for kept in "$PWD" "$HV_KVP_PRIVATE_ROOT"; do mount --rbind "$kept" "$root$kept"; done
chroot $root ldconfig
exec chroot $root env --chdir="$PWD" "$@"
`;

export const isInsidePrivateRoot = (): boolean => process.env[INSIDE] !== undefined;

/** What keeps a file from running inside, for a person to mend; undefined when all is there. */
export function whatIsMissing(apart?: Apart): string | undefined {
  if (process.getuid?.() !== 0) return 'root';
  for (const program of [
    'usr/sbin/NetworkManager',
    'usr/sbin/dnsmasq',
    'usr/sbin/netplan',
    'sbin/ifup',
    'sbin/dhclient',
  ])
    if (!existsSync(join(PEERS, program))) return `${program} below ${PEERS}, which test/system/setup unpacks`;
  if (apart !== undefined && !existsSync(join(PEERS, 'apart', apart, `.${apart}`)))
    return `the package ${apart} below ${PEERS}, which test/system/setup unpacks`;
  return undefined;
}

/** As `insidePrivateMachine`: true inside; false outside, after the file ran inside with the same arguments. */
export async function insidePrivateRoot(file: string, apart?: Apart): Promise<boolean> {
  if (isInsidePrivateRoot()) return true;
  const missing = whatIsMissing(apart);
  if (missing !== undefined) throw new Error(`missing: ${missing}`);
  const namespaces = ['--mount', '--propagation', 'private', '--net', '--uts', '--ipc', '--pid', '--mount-proc'];
  const layers = [PEERS, ...(apart === undefined ? [] : [join(PEERS, 'apart', apart)])];
  const program = [process.execPath, ...process.execArgv, file, ...process.argv.slice(2)];
  const child = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'KILL', 'unshare', ...namespaces, '--fork', '--kill-child'],
      ...['sh', '-c', ENTER, 'enter', ...layers, '--', ...program],
    ],
    { stdio: 'inherit', env: { ...process.env, [INSIDE]: tmpdir() } },
  );
  // The report is written by the process inside.
  delete process.env['HV_KVP_TEST_REPORT'];
  process.exitCode = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  return false;
}
