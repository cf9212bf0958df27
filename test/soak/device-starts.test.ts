/** A program that opens the device's path the moment it exists, at a thousand starts and ends. Needs root. */
import { fileURLToPath } from 'node:url';
import { startsAndEnds } from '../_support/eager-client.js';
import * as machine from '../_support/private-machine.js';
import { suite } from '../_support/suite.js';

if (process.getuid?.() !== 0) {
  suite('device file: a client that waits for the path', ({ skip }) => {
    skip('1,000 starts and ends', 'needs root');
  });
} else if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  suite('device file: a client that waits for the path', ({ test }) => {
    test('1,000 starts and ends', () => startsAndEnds('/dev/vmbus/hv_kvp', 1_000), { limit: 600_000 });
  });
}
