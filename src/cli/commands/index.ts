/** Every command of `hv-kvp`, in the order that help shows them. */
import type { Command } from 'commander';
import { daemonCommand } from './daemon.js';
import { demoCommand } from './demo.js';
import { hostCommand } from './host.js';
import { netCommand } from './net.js';
import { checkCommand } from './pool-check.js';
import { deleteCommand } from './pool-delete.js';
import { dumpCommand } from './pool-dump.js';
import { getCommand } from './pool-get.js';
import { listCommand } from './pool-list.js';
import { repairCommand } from './pool-repair.js';
import { setCommand } from './pool-set.js';

export const commands: readonly (() => Command)[] = [
  daemonCommand,
  demoCommand,
  hostCommand,
  getCommand,
  setCommand,
  deleteCommand,
  listCommand,
  dumpCommand,
  checkCommand,
  repairCommand,
  netCommand,
];
