import { Command } from 'commander';
import { enumerateCommand, guestCommand, intrinsicsCommand } from './host-guest.js';
import { addCommand, getCommand, listCommand, modifyCommand, removeCommand } from './host-items.js';
import { bootCommand, faultCommand, migrateCommand, saveRestoreCommand } from './host-life.js';
import { failoverCommand, getIpCommand, setIpCommand } from './host-network.js';
import { serveCommand } from './host-serve.js';
import { statusCommand } from './host-status.js';

/** `hv-kvp host`: a simulated Hyper-V host, and an administrator's operations against it. */
export function hostCommand(): Command {
  const host = new Command('host').description('a simulated Hyper-V host, and its administration');
  for (const make of [
    serveCommand,
    statusCommand,
    addCommand,
    modifyCommand,
    removeCommand,
    getCommand,
    listCommand,
    guestCommand,
    intrinsicsCommand,
    enumerateCommand,
    getIpCommand,
    setIpCommand,
    failoverCommand,
    bootCommand,
    saveRestoreCommand,
    migrateCommand,
    faultCommand,
  ]) {
    host.addCommand(make());
  }
  return host;
}
