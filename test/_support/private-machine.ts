/**
 * Runs a system test file inside namespaces of its own, where it may mount, name the machine and make interfaces, and
 * nothing it does outlives it or reaches the machine it runs on.
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Where test/system/setup unpacks the packages. */
export const PEERS = process.env['HV_KVP_PEERS'] ?? '/opt/hv-kvp-peers';
const INSIDE = 'HV_KVP_PRIVATE_MACHINE';

// No 'ignore': libuv would open /dev/null, which a new /dev does not have yet.
const command = (name: string, ...args: string[]): void => {
  execFileSync(name, args, { stdio: ['pipe', 'pipe', 'inherit'] });
};

/**
 * Called at the top of a test file with its own path. True inside: the file goes on to define its suites. False
 * outside: the file ran inside, has reported, and has nothing left to do.
 */
export async function insidePrivateMachine(file: string): Promise<boolean> {
  if (process.env[INSIDE] !== undefined) return true;
  const namespaces = ['--mount', '--propagation', 'private', '--net', '--uts', '--ipc', '--pid', '--mount-proc'];
  const child = spawn(
    'setpriv',
    [
      '--pdeathsig',
      'KILL',
      'unshare',
      ...namespaces,
      '--fork',
      '--kill-child',
      process.execPath,
      ...process.execArgv,
      file,
    ],
    { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } },
  );
  // The report is written by the process inside.
  delete process.env['HV_KVP_TEST_REPORT'];
  process.exitCode = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  return false;
}

/** A /dev with the usual nodes and FUSE, open to everybody; `/dev/vmbus` is missing. */
export function privateDev(): void {
  command('mount', '-t', 'tmpfs', '-o', 'mode=755', 'private-dev', '/dev');
  const nodes: [string, number, number][] = [
    ['null', 1, 3],
    ['zero', 1, 5],
    ['full', 1, 7],
    ['random', 1, 8],
    ['urandom', 1, 9],
    ['tty', 5, 0],
    ['fuse', 10, 229],
  ];
  for (const [name, major, minor] of nodes) command('mknod', '-m', '666', `/dev/${name}`, 'c', `${major}`, `${minor}`);
}

/** An empty directory over `path`, made there when the directory above is private too; of `kibibytes` when given. */
export function privateDirectory(path: string, kibibytes?: number): void {
  mkdirSync(path, { recursive: true });
  const size = kibibytes === undefined ? '' : `,size=${kibibytes}k`;
  command('mount', '-t', 'tmpfs', '-o', `mode=755${size}`, 'private', path);
}

/** Remounts a private directory for reading only, or for writing again. */
export function setReadOnly(path: string, readOnly: boolean): void {
  command('mount', '-o', `remount,${readOnly ? 'ro' : 'rw'}`, path);
}

/** An ext4 file system over `path`; the function returned makes it fail, upon which the kernel lets nobody write. */
export function failingDisk(path: string): () => void {
  for (let loop = 0; loop < 8; loop++) command('mknod', '-m', '600', `/dev/loop${loop}`, 'b', '7', `${loop}`);
  command('mknod', '-m', '600', '/dev/loop-control', 'c', '10', '237');
  const image = `${path}.ext4`;
  command('truncate', '--size', '8M', image);
  command('mkfs.ext4', '-q', '-F', image);
  command('mount', '-o', 'loop,errors=remount-ro', image, path);
  const source = execFileSync('findmnt', ['-no', 'SOURCE', path], { encoding: 'utf8' }).trim();
  return () => writeFileSync(`/sys/fs/ext4/${basename(source)}/trigger_fs_error`, 'for a test');
}

/** `content` instead of the file at `path`. */
export function privateFile(path: string, content: string): void {
  const replacement = join(privateFiles(), path.replaceAll('/', '_'));
  writeFileSync(replacement, content);
  command('mount', '--bind', replacement, realpathSync(path));
}

let filesFolder: string | undefined;
function privateFiles(): string {
  if (filesFolder === undefined) {
    filesFolder = '/dev/private-files';
    mkdirSync(filesFolder);
  }
  return filesFolder;
}

/** The pool directory and the script directory of the stock daemon; the scripts are the package's. */
export function stockDaemonDirectories(): void {
  privateDirectory('/var/lib');
  mkdirSync('/var/lib/hyperv');
  privateDirectory('/usr/libexec');
  cpSync(join(PEERS, 'usr/libexec/hypervkvpd'), '/usr/libexec/hypervkvpd', { recursive: true });
}

export interface Interface {
  name: string;
  mac: string;
  addresses: string[];
  gateways: string[];
}

/** An interface in the private network, and a /sys that shows it. */
export function privateInterface({ name, mac, addresses, gateways }: Interface): void {
  command('ip', 'link', 'set', 'lo', 'up');
  command('ip', 'link', 'add', name, 'type', 'bridge');
  command('ip', 'link', 'set', name, 'address', mac);
  command('ip', 'link', 'set', name, 'addrgenmode', 'none');
  command('ip', 'link', 'set', name, 'up');
  for (const address of addresses)
    command('ip', 'address', 'add', address, 'dev', name, ...(address.includes(':') ? ['nodad'] : []));
  for (const gateway of gateways) command('ip', 'route', 'add', 'default', 'via', gateway, 'dev', name);
  command('mount', '-t', 'sysfs', 'private-sys', '/sys');
}

export function privateHostName(name: string): void {
  command('hostname', name);
}

/** The one process of this private machine that has this name. */
export function onlyProcess(name: string): number {
  const [pid, ...others] = processesCalled(name);
  if (pid === undefined || others.length > 0) throw new Error(`not one process is called ${name}`);
  return pid;
}

/** Resolves once no process with this name is left, or no more than `but`. */
export async function noProcess(name: string, but = 0): Promise<void> {
  while (processesCalled(name).length > but) await nextTurn();
}

export async function processEnds(pid: number): Promise<void> {
  while (existsSync(`/proc/${pid}`) && !/^\d+ \(.*\) Z/.test(readIfThere(`/proc/${pid}/stat`))) await nextTurn();
}

/** Resolves once the process sleeps in this function of the kernel. */
export async function sleepsIn(pid: number, kernelFunction: string): Promise<void> {
  while (!readIfThere(`/proc/${pid}/wchan`).startsWith(kernelFunction)) await nextTurn();
}

/** Pids by the name in argv[0] or, where a shell was given one, $0. */
function processesCalled(name: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) =>
      readIfThere(`/proc/${pid}/cmdline`)
        .split('\0')
        .some((argument) => basename(argument) === name),
    )
    .map(Number);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** A path of this folder that does not lead through anybody's private directories. */
export function publicView(folder: string): string {
  const view = '/srv/hv-kvp';
  privateDirectory('/srv');
  mkdirSync(view);
  command('mount', '--rbind', folder, view);
  return view;
}
