import { fileURLToPath } from 'node:url';
import { testBed } from './bed.js';

await testBed(fileURLToPath(import.meta.url), 'networkmanager');
