/** mount(8) and umount(8), called with argument arrays; the descriptor of /dev/fuse is passed as the child's number 3. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { KvpError } from '../../errors.js';

/** What /proc/mounts shows as type; the part before the dot is the file system. */
const TYPE = 'fuse.hv-kvp';
const SOURCE = 'hv-kvp';
const CAP_SYS_ADMIN = 21n;

/** -n no mtab, -i no helper program, -c touch no path before the call, -f abort the connection, -l detach in any case. */
const UMOUNT_ARGUMENTS = ['-n', '-i', '-c', '-f', '-l', '--'];

/**
 * Mounts the connection on an existing regular file.
 *
 * @throws KvpError ERR_DEVICE_FUSE with the remedy when the privilege is missing or mount(8) fails.
 */
export async function mountFile(path: string, descriptor: number): Promise<void> {
  if (!mayMount())
    throw new KvpError('ERR_DEVICE_FUSE', {
      detail:
        'this process may not mount (no CAP_SYS_ADMIN) - run as root, or start server and daemon inside: unshare -Urm',
    });
  // allow_other: a root daemon may open it as well; default_permissions: only whom the mode allows.
  const owner = `user_id=${process.getuid?.() ?? 0},group_id=${process.getgid?.() ?? 0}`;
  const options = `fd=3,rootmode=0100000,${owner},allow_other,default_permissions,nosuid,nodev,noexec`;
  await run('mount', ['-n', '-i', '-c', '-t', TYPE, '-o', options, '--', SOURCE, path], descriptor);
}

/** Aborts and detaches: the pending read of /dev/fuse ends with ENODEV, processes on the file get ECONNABORTED. */
export async function unmount(path: string): Promise<void> {
  await run('umount', [...UMOUNT_ARGUMENTS, path]);
}

/** The same in an exit handler, where nothing can be awaited. False when it failed. */
export function unmountNow(path: string): boolean {
  return spawnSync('umount', [...UMOUNT_ARGUMENTS, path], { stdio: 'ignore' }).status === 0;
}

/** Looks into the mount table only, so that it neither waits for a server nor fails on a dead mount. */
export async function isMounted(path: string): Promise<boolean> {
  const escaped = path.replace(/[ \t\n\\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  return table.split('\n').some((line) => line.split(' ')[4] === escaped && line.includes(` - ${TYPE} `));
}

function mayMount(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
  return effective === undefined || ((BigInt(`0x${effective}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
}

function run(command: string, args: string[], descriptor?: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'ignore', 'pipe', descriptor ?? 'ignore'],
    });
    let talk = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      talk += text;
    });
    child.on('error', (cause) => {
      reject(new KvpError('ERR_DEVICE_FUSE', { detail: `${command} cannot be started - install util-linux`, cause }));
    });
    child.on('close', (code, signal) => {
      if (code === 0) return resolve();
      const what = talk.trim() || `${command} ended with ${code ?? signal}`;
      reject(new KvpError('ERR_DEVICE_FUSE', { detail: `${what} - check that ${command} is util-linux's` }));
    });
  });
}
