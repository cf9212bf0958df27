import { fileURLToPath } from 'node:url';
import { testHardened } from './hardened-scenario.js';

await testHardened(fileURLToPath(import.meta.url), {
  system: 'ifupdown',
  folder: '/etc/network',
  dhcpLines: ['CapabilityBoundingSet=CAP_NET_RAW CAP_NET_BIND_SERVICE', 'KillMode=process'],
});
