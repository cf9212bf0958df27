import { fileURLToPath } from 'node:url';
import { testHardened } from './hardened-scenario.js';

await testHardened(fileURLToPath(import.meta.url), { system: 'netplan', folder: '/etc/netplan' });
