/**
 * A process that serves a device file, for tests that kill it or let it do what a server must not do:
 *
 *     node device-server.js PATH
 *
 * It prints `starting`, then `serving` or the error. Commands on stdin, a line each, answered by a line:
 * `await-sleeper` until a client sleeps in a read or poll · `close` in good order · `exit` by process.exit · `close-and-exit` without waiting for the close · `throw` an uncaught error ·
 * `stat` its own file synchronously · `spawn` a child while it has its own file open.
 */
import { spawnSync } from 'node:child_process';
import { statSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { serveDevice } from 'hv-kvp/device';
import { RegisteringDevice } from './registering-device.js';

const path = process.argv[2] as string;
const say = (line: string) => writeSync(1, `${line}\n`);

const server = new RegisteringDevice();

const commands: Record<string, (device: { close(): Promise<void> }) => unknown> = {
  close: async (device) => {
    await device.close();
    say('closed');
    lines.close();
  },
  'await-sleeper': async () => {
    const asleep = server.sleeper();
    say('watching');
    await asleep;
    say('asleep');
  },
  exit: () => process.exit(7),
  'close-and-exit': (device) => {
    void device.close();
    process.exit(7);
  },
  throw: () => {
    throw new Error('not caught');
  },
  stat: () => {
    say('calling stat');
    try {
      statSync(path);
      say('stat ok');
    } catch (error) {
      say(`stat ${(error as NodeJS.ErrnoException).code}`);
    }
  },
  spawn: async () => {
    const own = await open(path, 'r+');
    for (let round = 0; round < 10; round++) spawnSync('true');
    await own.close();
    say('spawned');
  },
};

const lines = createInterface({ input: process.stdin });
say('starting');
try {
  const device = await serveDevice({ path, server });
  void device.ended.then(() => say('ended'));
  lines.on('line', (line) => void commands[line]?.(device));
  say('serving');
} catch (error) {
  say((error as Error).message);
  lines.close();
}
