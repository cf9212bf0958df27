/** A guest's operating system, as far as its network goes: the files an administrator wrote, and the programs that run. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { reportLogFile } from '../../_support/started-programs.js';
import type { Apart } from './private-root.js';

export type SystemName = 'iproute2' | 'networkd' | 'networkmanager' | 'ifupdown' | 'netplan';

/** What an administrator wrote down for the guest's first link. */
export interface StaticSettings {
  link: string;
  addresses: string[];
  gateways: string[];
  dns: string[];
}

export interface GuestSystem {
  name: SystemName;
  apart?: Apart;
  /** For a person: what manages the network, and where its settings are. */
  description: string;
  /** Writes the settings, by which other links get theirs by DHCP, and starts what manages the network. */
  install(settings: StaticSettings): void | Promise<void>;
  /** What udev would have the system do; nothing where the manager sees links come by itself. */
  linkCame(link: string): void;
}

export function writeFile(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  writeFileSync(path, text, { mode });
}

const running: ChildProcess[] = [];

/** A program of the system that runs until the machine ends; what it says goes to /run/log. */
export function startService(program: string, ...args: string[]): ChildProcess {
  mkdirSync('/run/log', { recursive: true });
  const log = `/run/log/${program.split('/').at(-1)}`;
  reportLogFile(log);
  const child = spawn('sh', ['-c', 'log=$1; shift; exec "$@" >>"$log" 2>&1', 'service', log, program, ...args], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  child.unref();
  running.push(child);
  return child;
}

export function stopServices(): void {
  for (const child of running.splice(0)) child.kill('SIGKILL');
}
