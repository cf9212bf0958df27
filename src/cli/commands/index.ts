/**
 * Every command of `hv-kvp`, in the order that help shows them. Each is loaded when it is asked for: a script that calls
 * `set` a thousand times must not pay for the simulated host.
 */
import type { Command } from 'commander';

export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  daemon: async () => (await import('./daemon.js')).daemonCommand(),
  demo: async () => (await import('./demo.js')).demoCommand(),
  host: async () => (await import('./host.js')).hostCommand(),
  get: async () => (await import('./pool-get.js')).getCommand(),
  set: async () => (await import('./pool-set.js')).setCommand(),
  delete: async () => (await import('./pool-delete.js')).deleteCommand(),
  list: async () => (await import('./pool-list.js')).listCommand(),
  dump: async () => (await import('./pool-dump.js')).dumpCommand(),
  check: async () => (await import('./pool-check.js')).checkCommand(),
  repair: async () => (await import('./pool-repair.js')).repairCommand(),
  net: async () => (await import('./net.js')).netCommand(),
};
