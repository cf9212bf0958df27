import { fileURLToPath } from 'node:url';
import { testFailover } from './scenario.js';

await testFailover(fileURLToPath(import.meta.url), 'ifupdown');
