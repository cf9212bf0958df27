/** mount(8) and umount(8) on descriptors: what they act on cannot be swapped between the check and the call. */
import { readFileSync } from 'node:fs';
import { KvpError } from '../../errors.js';
import { MOUNT_TYPE } from './mount-table.js';
import type { Program } from './programs.js';

const CAP_SYS_ADMIN = 21n;

/** @throws KvpError ERR_DEVICE_FUSE with the remedy when the privilege is missing. */
export function checkMayMount(): void {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
  if (effective === undefined || ((BigInt(`0x${effective}`) >> CAP_SYS_ADMIN) & 1n) === 1n) return;
  throw new KvpError('ERR_DEVICE_FUSE', {
    detail:
      'this process may not mount (no CAP_SYS_ADMIN) - run as root, or start server and daemon inside: unshare -Urm',
  });
}

/** Mounts the connection (a descriptor of /dev/fuse) on the regular file that `file` is open on. */
export function mountProgram(connection: number, file: number, source: string): Program {
  // allow_other: a root daemon may open it as well; default_permissions: only whom the mode allows.
  const owner = `user_id=${process.getuid?.() ?? 0},group_id=${process.getgid?.() ?? 0}`;
  const options = `fd=3,rootmode=0100000,${owner},allow_other,default_permissions,nosuid,nodev,noexec`;
  return {
    argv: ['mount', '-n', '-i', '-c', '-t', MOUNT_TYPE, '-o', options, '--', source, '/proc/self/fd/4'],
    descriptors: [connection, file],
  };
}

/**
 * Aborts and detaches the mount that `descriptor` stands for: the pending read of /dev/fuse ends with ENODEV, processes on
 * the file get ECONNABORTED. -n no mtab, -i no helper program, -c touch no path before the call, -f abort the
 * connection, -l detach in any case.
 */
export function unmountProgram(descriptor: number): Program {
  return { argv: ['umount', '-n', '-i', '-c', '-f', '-l', '--', '/proc/self/fd/3'], descriptors: [descriptor] };
}
