import { fileURLToPath } from 'node:url';
import { testNetworkManager } from './net-read-networkmanager.js';

await testNetworkManager(fileURLToPath(import.meta.url), 'resolved');
