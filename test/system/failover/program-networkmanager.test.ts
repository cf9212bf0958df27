import { fileURLToPath } from 'node:url';
import { startService } from './guest-system.js';
import { run, succeeds, until } from './network.js';
import { testProgram } from './program-scenario.js';

await testProgram(fileURLToPath(import.meta.url), {
  system: 'networkmanager',
  first: { call: 'unlink', nth: 1 },
  program: 'nmcli',
  startAnew,
  path: '/etc/NetworkManager/system-connections/Wired connection 1.nmconnection',
  steps: {
    'before the journal is in its place': { call: 'rename', nth: 1 },
    'when the journal is written': { call: 'fsync', nth: 3 },
    'before the file is in its place': { call: 'rename', nth: 2 },
    'when the file is in its place': { call: 'fsync', nth: 4 },
    'when it is verified': { call: 'rename', nth: 3 },
    'before it answers': { call: 'write', nth: 1, path: '/run/hv-kvp/device' },
  },
});

/** A profile that it made by itself goes with its link, wherever that profile is kept, until the next start. */
async function startAnew(): Promise<void> {
  run('pkill', '-TERM', '-x', 'NetworkManager');
  await until('NetworkManager has ended', () => !succeeds('pgrep', '-x', 'NetworkManager'));
  startService('NetworkManager', '--no-daemon');
  await until('NetworkManager has the link', () => succeeds('nmcli', '--wait', '1', 'connection', 'show', '--active'));
}
