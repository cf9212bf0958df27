/** A codec's memory holds what earlier messages left there; no byte of it may stand in a later response. */
import { type Codec, createCodec, daemonMessageBytes } from 'hv-kvp/codec';
import { ENGINES } from '../_support/golden.js';
import { Random, seedOfRun } from '../_support/random.js';
import { assert, suite } from '../_support/suite.js';

const HEADERS = 28;
const [GET, SET, ENUMERATE] = [0, 1, 3];
const ROUNDS = 400;
const seed = seedOfRun();

/** A request of exactly `bytes` bytes whose body holds `fill` wherever the operation states nothing. */
function request(operation: number, bytes: number, fill: number): Uint8Array {
  const payload = new Uint8Array(bytes).fill(fill, Math.min(bytes, HEADERS + 4));
  const view = new DataView(payload.buffer);
  view.setUint32(0, 1, true);
  view.setUint32(4, bytes - 8, true);
  view.setUint16(12, 2, true);
  view.setUint16(14, 4, true);
  view.setUint16(18, bytes - HEADERS, true);
  payload[25] = 3;
  payload[HEADERS] = operation;
  return payload;
}

function answer(units: number, status = 0): Uint8Array {
  const message = new Uint8Array(daemonMessageBytes());
  new DataView(message.buffer).setUint32(0, status, true);
  message.fill(0x6b, 16, 24);
  message.fill(0x76, 528, 528 + units);
  message.fill(0x76, 532, 532 + units);
  return message;
}

suite(`codec/response slots (seed ${seed})`, ({ test }) => {
  for (const engine of ENGINES) {
    test(`an ENUMERATE answer holds nothing of the answer before a GET of 2,604 bytes, ${engine}`, () => {
      const codec = createCodec({ engine });
      codec.daemonToHost(request(SET, 2608, 0xff), answer(0));
      codec.daemonToHost(request(GET, 2604, 0), answer(3));
      const response = codec.daemonToHost(request(ENUMERATE, 2608, 0), answer(3));
      assert.equal(
        [...response.subarray(HEADERS + 532 + 6)].filter((byte) => byte !== 0),
        [],
      );
    });

    test(`after any messages a response is what a new codec makes, one by one and in batches, ${engine}`, () => {
      const random = new Random(seed);
      const make = (): Codec => createCodec({ engine, memoryBytes: 2 * 1024 * 1024 });
      const [single, batch] = [make(), make()];
      for (let round = 0; round < ROUNDS; round++) {
        const bytes = random.pick([30, 48, 2600, 2603, 2604, 2605, 2606, 2607, 2608, 2609, 2612, 2616]);
        const asked = request(random.below(4), bytes, random.pick([0, 0, 0xff, 0x5a]));
        const said = answer(
          random.pick([0, 1, 31, 32, 33, 500, 1015, 1022, 1023, 2047]),
          random.pick([0, 0, 0x80004005]),
        );
        const fresh = make().daemonToHost(asked, said);
        const place = `seed ${seed}, round ${round}`;
        assert.ok(Buffer.compare(single.daemonToHost(asked, said), fresh) === 0, `single, ${place}`);
        const [inBatch] = batch.daemonToHostBatch([asked], [said]).messages;
        assert.ok(Buffer.compare(inBatch!, fresh) === 0, `batch, ${place}`);
      }
    });
  }
});
