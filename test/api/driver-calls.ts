import { createCodec } from 'hv-kvp/codec';
import * as driver from 'hv-kvp/driver';
import { DriverHarness } from '../_support/driver-harness.js';
import { PacketQueue } from '../_support/packet-queue.js';
import type { Attempt, RoomCalls } from './calls.js';

const codec = createCodec();
const OPTIONS = {
  channel: new PacketQueue(),
  codec,
  clock: () => 0,
  profile: 'linux',
  maxMessageVersion: { major: 4, minor: 0 },
  interfaceName: () => undefined,
  timeoutMs: 1_000,
  onDeadline: () => {},
  defer: () => {},
} satisfies driver.DriverOptions;

/** A method of a session that a daemon has registered with; another daemon must be served afterwards. */
function method(name: keyof driver.DriverSession, args: unknown[]) {
  return (): Attempt => {
    const harness = new DriverHarness();
    harness.register();
    const { session } = harness;
    return {
      args,
      run: (...given) => (session[name] as unknown as (...all: unknown[]) => unknown).apply(session, given),
      sound() {
        harness.settle();
        if (session.state === 'gone') return;
        session.release(1);
        harness.register(9);
      },
    };
  };
}

export const driverCalls: RoomCalls = {
  subpath: 'driver',
  exports: driver,
  objects: { DriverSession: new DriverHarness().session },
  exempt: {},
  calls: {
    createDriverSession: () => ({ run: driver.createDriverSession, args: [OPTIONS] }),
    runDriver: () => {
      const { channel, clock: _clock, onDeadline: _onDeadline, defer: _defer, ...options } = OPTIONS;
      return {
        run: (...given: Parameters<typeof driver.runDriver>) => driver.runDriver(...given).stop(),
        args: [channel, options],
      };
    },
    'DriverSession.onEvent': method('onEvent', [() => {}]),
    'DriverSession.onWake': method('onWake', [() => {}]),
    'DriverSession.open': method('open', [2]),
    'DriverSession.read': method('read', [1, 7432]),
    'DriverSession.write': method('write', [1, new Uint8Array(7432)]),
    'DriverSession.poll': method('poll', [1]),
    'DriverSession.release': method('release', [1]),
    'DriverSession.nextDeadline': method('nextDeadline', []),
    'DriverSession.tick': method('tick', [5]),
    'DriverSession.suspend': method('suspend', []),
    'DriverSession.resume': method('resume', [new PacketQueue()]),
    'DriverSession.close': method('close', []),
  },
};
