import { fileURLToPath } from 'node:url';
import { testProgram } from './program-scenario.js';

await testProgram(fileURLToPath(import.meta.url), {
  system: 'netplan',
  first: { call: 'fsync', nth: 4 },
  program: 'networkctl',
  path: '/etc/netplan/01-machine.yaml',
  steps: {
    'before the journal is in its place': { call: 'rename', nth: 1 },
    'when the journal is written': { call: 'fsync', nth: 3 },
    'before the file is in its place': { call: 'rename', nth: 2 },
    'when the file is in its place': { call: 'fsync', nth: 4 },
    'when it is verified': { call: 'rename', nth: 3 },
    'before it answers': { call: 'write', nth: 1, path: '/run/hv-kvp/device' },
  },
});
