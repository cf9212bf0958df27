import { fileURLToPath } from 'node:url';
import { testBoot } from './boot-scenario.js';

await testBoot(fileURLToPath(import.meta.url), 'networkmanager', 'NetworkManager.service');
