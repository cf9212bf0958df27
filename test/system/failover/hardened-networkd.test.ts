import { fileURLToPath } from 'node:url';
import { testHardened } from './hardened-scenario.js';

await testHardened(fileURLToPath(import.meta.url), { system: 'networkd', folder: '/etc/systemd/network' });
