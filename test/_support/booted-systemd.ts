/**
 * A systemd that is booted: the first process of namespaces of its own inside the private root
 * (system/failover/private-root.ts), with its journal and a cgroup tree to itself. For units that have to run as they
 * would on a machine, sandbox and all. It has no udev, hence no device units, and starts nothing that is not asked for.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PATIENCE_MS } from './until.js';

const UNITS = '/etc/systemd/system';
const TARGET = 'hv-kvp-test.target';
const CGROUPS = '/run/hv-kvp-cgroups';

const BOOT = `
set -eu
mount -t proc private-proc /proc
mount -t cgroup2 private-cgroups /sys/fs/cgroup
exec env -i PATH="$PATH" container=hv-kvp-test /lib/systemd/systemd --system --unit=${TARGET}
`;

export class BootedSystemd {
  readonly #starter: ChildProcess;
  readonly #cgroup: string;

  private constructor(starter: ChildProcess, cgroup: string) {
    this.#starter = starter;
    this.#cgroup = cgroup;
  }

  /** Resolves when it takes commands. What is mounted before, it and its services see. */
  static async boot(): Promise<BootedSystemd> {
    mkdirSync(UNITS, { recursive: true });
    writeFileSync(
      join(UNITS, TARGET),
      '[Unit]\nRequires=systemd-journald.service systemd-journald.socket\nAfter=systemd-journald.service\n',
    );
    mkdirSync(CGROUPS, { recursive: true });
    execFileSync('mount', ['-t', 'cgroup2', 'private-cgroups', CGROUPS]);
    const cgroup = join(CGROUPS, `hv-kvp-test-${randomUUID()}`);
    mkdirSync(cgroup);
    const enter = `echo $$ > ${cgroup}/cgroup.procs && exec "$@"`;
    const namespaces = ['--mount', '--propagation', 'private', '--pid', '--ipc', '--uts', '--cgroup'];
    const starter = spawn(
      'sh',
      ['-c', enter, 'enter', 'unshare', ...namespaces, '--fork', '--kill-child', 'sh', '-c', BOOT],
      { stdio: ['pipe', 'inherit', 'inherit'] },
    );
    const systemd = new BootedSystemd(starter, cgroup);
    await systemd.reaches(TARGET, 'ActiveState', 'active');
    return systemd;
  }

  /** Runs a program beside systemd, as root of that machine. */
  async run(...command: string[]): Promise<{ code: number; output: string }> {
    const child = spawn('nsenter', [...this.#namespacesOfFirst(), '--', ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    const [code] = await once(child, 'close');
    return { code: code ?? 1, output: output.trim() };
  }

  systemctl(...args: string[]): Promise<{ code: number; output: string }> {
    return this.run('systemctl', '--no-pager', ...args);
  }

  async property(unit: string, name: string): Promise<string> {
    return (await this.systemctl('show', '--value', '--property', name, unit)).output;
  }

  /** Resolves when a property of a unit has this value. */
  async reaches(unit: string, name: string, value: string): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    for (let now = await this.property(unit, name); now !== value; now = await this.property(unit, name)) {
      if (performance.now() > deadline) throw new Error(`${name} of ${unit} is ${now}\n${await this.journal()}`);
      await sleep(20);
    }
  }

  /** The text of everything that was logged, or of what was logged about one unit. */
  async journal(unit?: string): Promise<string> {
    const which = unit === undefined ? [] : [`--unit=${unit}`];
    return (await this.run('journalctl', '--no-pager', '--output=cat', ...which)).output;
  }

  /** The number that a process has here, from the one that it has inside. */
  pidOutside(inside: number): number {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const numbers = /^NSpid:\s+(.*)$/m.exec(readIfThere(`/proc/${pid}/status`))?.[1]?.split(/\s+/) ?? [];
      if (numbers.length === 2 && Number(numbers[1]) === inside) return Number(pid);
    }
    throw new Error(`no process ${inside} inside`);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#starter.once('close', resolve));
    this.#starter.kill('SIGKILL');
    await ended;
    const deadline = performance.now() + PATIENCE_MS;
    while (!removeTree(this.#cgroup)) {
      if (performance.now() > deadline) throw new Error(`processes of ${this.#cgroup} do not end`);
      await sleep(20);
    }
  }

  #namespacesOfFirst(): string[] {
    const { pid } = this.#starter;
    const first = readIfThere(`/proc/${pid}/task/${pid}/children`).trim();
    return [`--target=${first === '' ? pid : first}`, '--mount', '--pid', '--ipc', '--uts', '--cgroup', '--root'];
  }
}

function removeTree(cgroup: string): boolean {
  if (!existsSync(cgroup)) return true;
  for (const entry of readdirSync(cgroup, { withFileTypes: true }))
    if (entry.isDirectory() && !removeTree(join(cgroup, entry.name))) return false;
  try {
    rmdirSync(cgroup);
    return true;
  } catch {
    // Somebody in it has not ended yet.
    return false;
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
