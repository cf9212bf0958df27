/** A host that never stops sending: the driver answers it in turns, and timers have theirs. */
import { createCodec } from 'hv-kvp/codec';
import { createDevicePair } from 'hv-kvp/device';
import { runDriver } from 'hv-kvp/driver';
import { createLocalChannel } from '#internal';
import { DriverHarness } from '../_support/driver-harness.js';
import { hostRequest, negotiateRequest } from '../_support/host-requests.js';
import { PacketQueue } from '../_support/packet-queue.js';
import { assert, suite } from '../_support/suite.js';

const codec = createCodec();
/** What the driver answers alone, or drops: it could take these for ever. */
const FLOODS: Record<string, Uint8Array> = {
  negotiations: negotiateRequest(3, 4),
  'requests that no guest serves': hostRequest(17),
  'packets that are no request': new Uint8Array(8),
};

async function register(driver: ReturnType<typeof runDriver>): Promise<void> {
  const file = await createDevicePair(driver.session).open();
  const message = new Uint8Array(7432);
  message[0] = 100;
  await file.write(message);
  await file.read(message);
}

/** Goes on until a timer fires. A driver that keeps the process to itself is found out by the number of packets. */
class Flood {
  readonly timer: Promise<void>;
  #packets = 0;
  #over = false;

  constructor() {
    this.timer = new Promise((resolve) => {
      setTimeout(() => {
        this.#over = true;
        resolve();
      }, 1);
    });
  }

  goesOn(): boolean {
    if (++this.#packets > 100_000) throw new Error('100,000 packets and no timer');
    return !this.#over;
  }
}

suite('driver: turns', ({ test }) => {
  for (const [what, payload] of Object.entries(FLOODS)) {
    test(`${what} without end: 64 are taken a turn, however often the host rings`, () => {
      const harness = new DriverHarness();
      harness.register();
      // Where the turn of the registration's own packets ends does not matter here.
      harness.session.tick();
      for (let id = 0; id < 300; id++) harness.channel.put(payload);
      for (const taken of [64, 128, 192, 256, 300]) {
        for (let rings = 0; rings < 5; rings++) harness.channel.ring();
        assert.is(300 - harness.channel.waiting, taken);
        if (taken === 300) break;
        assert.is(harness.session.nextDeadline(), harness.now, 'the next turn is due now');
        harness.session.tick();
      }
      assert.is(harness.session.nextDeadline(), undefined);
    });

    test(`${what} from a host that puts one in for each one taken leave a timer its turn`, async () => {
      const channel = new PacketQueue();
      const driver = runDriver(channel, { codec });
      await register(driver);
      const flood = new Flood();
      const receive = channel.receive.bind(channel);
      channel.receive = (max) => {
        if (flood.goesOn()) channel.put(payload);
        return receive(max);
      };
      channel.ring();
      await flood.timer;
      driver.stop();
    });
  }

  test('two ends that answer one another over rings leave a timer its turn', async () => {
    const { host, guest, close } = createLocalChannel({ engine: codec.engine });
    const driver = runDriver(guest, { codec });
    await register(driver);
    const flood = new Flood();
    const send = () => {
      host.receive();
      if (flood.goesOn()) host.send(negotiateRequest(3, 4));
    };
    host.onDoorbell(send);
    send();
    await flood.timer;
    driver.stop();
    close();
  });

  test('a closed driver leaves no turn behind', () => {
    const harness = new DriverHarness();
    harness.register();
    for (let id = 0; id < 100; id++) harness.channel.put(FLOODS['negotiations']!);
    harness.channel.ring();
    harness.session.close();
    assert.is(harness.session.nextDeadline(), undefined);
  });
});
