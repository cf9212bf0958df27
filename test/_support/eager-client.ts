/** Starts and ends of a device, seen by test/_support/eager-client.py, which opens its path whenever there is one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { serveDevice } from 'hv-kvp/device';
import { DeviceServerProcess } from './device-server-process.js';
import { RegisteringDevice } from './registering-device.js';
import { assert } from './suite.js';

/** What a call may say on a device that is going. */
const GOING = /^(open|write|read) (ENODEV|ENOTCONN|ECONNABORTED)$/;

class EagerClient {
  readonly #process: ChildProcess;
  readonly #outcomes: AsyncIterator<string>;

  constructor(path: string) {
    this.#process = spawn('/usr/bin/python3', ['test/_support/eager-client.py', path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#outcomes = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]();
  }

  async next(): Promise<string> {
    const { value, done } = await this.#outcomes.next();
    if (done) throw new Error('the client ended');
    return value;
  }

  stop(): void {
    this.#process.kill('SIGKILL');
  }
}

/** Serves `path` so often while the client tries. Each start is served at once, and nothing else is ever found there. */
export async function startsAndEnds(path: string, rounds: number): Promise<void> {
  const client = new EagerClient(path);
  try {
    assert.is(await client.next(), 'absent');
    for (let round = 0; round < rounds; round++) {
      const served = await serveDevice({ path, server: new RegisteringDevice() });
      assert.is(await client.next(), 'served', `start ${round}`);
      await served.close();
      let outcome = await client.next();
      for (; outcome !== 'absent'; outcome = await client.next())
        if (outcome !== 'served') assert.match(outcome, GOING, `end ${round}`);
    }
  } finally {
    client.stop();
  }
}

/** The same with servers that are killed: until its watchdog has cleared up, the device may only be gone or going. */
export async function startsAndKills(path: string, rounds: number): Promise<void> {
  const client = new EagerClient(path);
  try {
    assert.is(await client.next(), 'absent');
    for (let round = 0; round < rounds; round++) {
      const server = await DeviceServerProcess.serving(path);
      assert.is(await client.next(), 'served', `start ${round}`);
      await server.kill('SIGKILL');
      let outcome = await client.next();
      for (; outcome !== 'absent'; outcome = await client.next())
        if (outcome !== 'served') assert.match(outcome, GOING, `kill ${round}`);
    }
  } finally {
    client.stop();
  }
}
