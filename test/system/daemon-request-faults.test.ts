/** A of the stock daemon's fault list: messages that kill or mislead it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { serveDevice } from 'hv-kvp/device';
import {
  type HarmedGuest,
  INVALID_ARGUMENT,
  NO_MORE_ITEMS,
  NOT_SUPPORTED,
  record,
  withHarmedGuest,
} from '../_support/harmed-guest.js';
import { enumerate, get, itemOf, remove, set, statusOf, textAt } from '../_support/key-value-requests.js';
import * as machine from '../_support/private-machine.js';
import { daemonMessage, RegisteringDevice } from '../_support/registering-device.js';
import { assert, suite } from '../_support/suite.js';

const IMPOSSIBLE_SIZES = [0, 513, 5000, 0x7fffffff, 0x80000000, 0xffffffff];

function withNumber(message: Uint8Array, offset: number, value: number): Uint8Array {
  Buffer.from(message.buffer, message.byteOffset).writeUInt32LE(value, offset);
  return message;
}

const full = (byte: string, length: number) => Buffer.alloc(length, byte);

/** SET without a NUL in key or value. */
const setBytes = (pool: number, key: Buffer, value: Buffer) =>
  daemonMessage(1, pool, [
    [8, key.length],
    [12, value.length],
    [16, key],
    [528, value],
  ]);

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.privateDirectory('/var/lib');
  const device = new RegisteringDevice();
  const served = await serveDevice({ path: '/dev/vmbus/hv_kvp', server: device });
  const guest = (
    work: (guest: HarmedGuest) => Promise<void>,
    prepare?: (_: string, path: HarmedGuest['path']) => void,
  ) => withHarmedGuest(device, prepare ? { prepare } : {}, work);

  suite('hv-kvp-daemon and hostile requests', ({ test, after }) => {
    after(() => served.close());

    test('A20: pools 5 to 255', async () => {
      await guest(async ({ status }) => {
        for (let pool = 5; pool < 256; pool++)
          for (const message of [get(pool, 'k'), set(pool, 'k', 'v'), remove(pool, 'k'), enumerate(pool, 0)])
            assert.is(await status(message), INVALID_ARGUMENT, `pool ${pool}`);
      });
    });

    test('A17: ENUMERATE -1, -2, 0xffff0000 and 0x80000000', async () => {
      await guest(async ({ status }) => {
        await status(set(0, 'a', '1'));
        for (const pool of [0, 2])
          for (const index of [-1, -2, 0xffff0000, 0x80000000])
            assert.is(await status(enumerate(pool, index)), NO_MORE_ITEMS, `pool ${pool} index ${index}`);
      });
    });

    test('A19: operations that there are not', async () => {
      await guest(async ({ status }) => {
        for (const operation of [6, 7, 50, 99, 100, 101, 255])
          assert.is(await status(daemonMessage(operation, 0, [])), NOT_SUPPORTED, `operation ${operation}`);
      });
    });

    test('A01, A02: a key without NUL within its size is that key and no longer one', async () => {
      await guest(async ({ ask, status, items }) => {
        await status(set(0, 'abcdef', 'whole'));
        const unterminated = Buffer.from('abc');
        assert.is(
          await status(
            daemonMessage(0, 0, [
              [8, 3],
              [12, 2048],
              [16, unterminated],
            ]),
          ),
          NO_MORE_ITEMS,
        );
        assert.is(
          await status(
            daemonMessage(2, 0, [
              [4, 3],
              [8, unterminated],
            ]),
          ),
          NO_MORE_ITEMS,
        );
        assert.is(await status(setBytes(0, unterminated, Buffer.from('new\0'))), 0);
        assert.equal(await items(0), [
          ['abcdef', 'whole'],
          ['abc', 'new'],
        ]);
        assert.is(textAt(await ask(get(0, 'abcdef')), 528), 'whole');
      });
    });

    test('A03, A06: SET, GET and ENUMERATE of full fields', async () => {
      await guest(async ({ ask, path }) => {
        const [key, value] = [full('k', 512), full('v', 2048)];
        assert.is(statusOf(await ask(setBytes(1, key, value))), 0);
        assert.ok(readFileSync(path(1)).equals(Buffer.concat([key, value])));
        const got = await ask(
          daemonMessage(0, 1, [
            [8, 512],
            [12, 2048],
            [16, key],
          ]),
        );
        assert.ok(Buffer.from(got).subarray(528, 2576).equals(value));
        const listed = Buffer.from(await ask(enumerate(1, 0)));
        assert.ok(listed.subarray(20, 2580).equals(Buffer.concat([key, value])));
      });
    });

    test('A04, A05: full fields in the pool survive the removal of an earlier record', async () => {
      const rest = Buffer.concat([full('k', 512), full('v', 2048), record('last', '1')]);
      const prepare = (_: string, path: HarmedGuest['path']) =>
        writeFileSync(path(1), Buffer.concat([record('first', '1'), rest]));
      await guest(async ({ status, path }) => {
        assert.is(await status(remove(1, 'first')), 0);
        assert.ok(readFileSync(path(1)).equals(rest));
      }, prepare);
    });

    test('A07, A09, A10, A11: impossible key sizes change nothing and find nothing', async () => {
      await guest(async ({ status, items }) => {
        await status(set(0, 'first', '1'));
        for (const size of IMPOSSIBLE_SIZES) {
          assert.is(await status(withNumber(get(0, 'first'), 8, size)), INVALID_ARGUMENT, `GET ${size}`);
          assert.is(await status(withNumber(set(0, 'first', 'x'), 8, size)), INVALID_ARGUMENT, `SET ${size}`);
          assert.is(await status(withNumber(remove(0, 'first'), 4, size)), INVALID_ARGUMENT, `DELETE ${size}`);
        }
        assert.equal(await items(0), [['first', '1']]);
      });
    });

    test('A08: impossible value sizes', async () => {
      await guest(async ({ status, items }) => {
        await status(set(0, 'first', '1'));
        for (const size of [2049, 0x7fffffff, 0x80000000, 0xffffffff]) {
          assert.is(await status(withNumber(get(0, 'first'), 12, size)), NO_MORE_ITEMS, `GET ${size}`);
          assert.is(await status(withNumber(set(0, 'first', 'x'), 12, size)), NO_MORE_ITEMS, `SET ${size}`);
        }
        assert.equal(await items(0), [['first', '1']]);
      });
    });

    test('A12: the empty key is a key', async () => {
      await guest(async ({ ask, status, items }) => {
        assert.is(await status(set(0, '', 'of nothing')), 0);
        assert.is(textAt(await ask(get(0, '')), 528), 'of nothing');
        assert.equal(await items(0), [['', 'of nothing']]);
        assert.is(await status(remove(0, '')), 0);
        assert.equal(await items(0), []);
      });
    });

    test('A13, A14, A15: nothing of an earlier value, removed record or longer key is kept on disk or sent', async () => {
      await guest(async ({ ask, status, path }) => {
        await status(set(1, 'secret', 'a long password that was here'));
        await status(set(1, 'secret', 'x'));
        await status(set(1, 'a key that is longer than the next', 'gone'));
        await status(remove(1, 'a key that is longer than the next'));
        await status(set(1, 'short', 'y'));
        assert.ok(readFileSync(path(1)).equals(Buffer.concat([record('secret', 'x'), record('short', 'y')])));
        const dirty = enumerate(1, 1).fill(0xaa, 20, 2580);
        const answer = Buffer.from(await ask(dirty));
        assert.ok(answer.subarray(20, 2580).equals(record('short', 'y')));
      });
    });

    test('A16: bytes behind a NUL stay where another record is removed', async () => {
      const hidden = record('visible', 'value');
      hidden.write('behind the NUL', 100);
      const prepare = (_: string, path: HarmedGuest['path']) =>
        writeFileSync(path(1), Buffer.concat([record('first', '1'), hidden]));
      await guest(async ({ status, path }) => {
        assert.is(await status(remove(1, 'first')), 0);
        assert.ok(readFileSync(path(1)).equals(hidden));
      }, prepare);
    });

    test('A22: DELETE removes every record with the key', async () => {
      const prepare = (_: string, path: HarmedGuest['path']) =>
        writeFileSync(path(1), Buffer.concat([record('twin', '1'), record('other', '2'), record('twin', '3')]));
      await guest(async ({ status, items }) => {
        assert.is(await status(remove(1, 'twin')), 0);
        assert.equal(await items(1), [['other', '2']]);
      }, prepare);
    });

    test('A24: a registration that is answered with a version text without end', async () => {
      device.registrationText = full('3', 7428);
      try {
        await guest(async ({ ask, items }) => {
          const version = itemOf(await ask(enumerate(2, 1)));
          assert.is(version[0], 'IntegrationServicesVersion');
          assert.match(version[1], /^3+$/);
          assert.is((await items(2)).length, 10);
        });
      } finally {
        device.registrationText = Buffer.from('3.1');
      }
    });
  });
}
