/**
 * Bad requests through the whole machine: each gets the protocol's own negative status or, where there is nobody to
 * answer, silence; the channel goes on and no pool changes. Bytes are made by hand from the offsets of protocol.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeKvpRequest, type KvpMessage, parseVersion } from 'hv-kvp/codec';
import { type Machine, startMachine } from 'hv-kvp/testing';
import { assert, suite } from '../_support/suite.js';

const NOT_SUPPORTED = 0x80070032;
const INVALID_ARGUMENT = 0x80070057;

const versions = { framework: parseVersion('3.0'), version: parseVersion('4.0') };
const setItem: KvpMessage = { operation: 1, pool: 0, key: 'bad', value: { type: 1, text: 'input' } };

/** A good SET request, 2,608 bytes, with `change` done to it. Message offset 0 is payload offset 28. */
function payload(change: (bytes: DataView, message: DataView) => void): Uint8Array {
  const bytes = encodeKvpRequest(setItem, versions).slice();
  change(new DataView(bytes.buffer), new DataView(bytes.buffer, 28));
  return bytes;
}

const cases: { name: string; bytes: Uint8Array; status: number }[] = [
  {
    name: 'pipe length beyond the packet',
    bytes: payload((p) => p.setUint32(4, 60_000, true)),
    status: INVALID_ARGUMENT,
  },
  {
    name: 'IC size beyond the pipe length',
    bytes: payload((p) => p.setUint16(18, 0xffff, true)),
    status: INVALID_ARGUMENT,
  },
  { name: 'a packet cut within the body', bytes: payload(() => {}).slice(0, 400), status: INVALID_ARGUMENT },
  { name: 'unknown IC type', bytes: payload((p) => p.setUint16(12, 9, true)), status: NOT_SUPPORTED },
  { name: 'unknown operation', bytes: payload((_, m) => m.setUint8(0, 77)), status: NOT_SUPPORTED },
  { name: 'unknown pool', bytes: payload((_, m) => m.setUint8(1, 7)), status: INVALID_ARGUMENT },
  { name: 'key size 0', bytes: payload((_, m) => m.setUint32(8, 0, true)), status: INVALID_ARGUMENT },
  { name: 'key size beyond its field', bytes: payload((_, m) => m.setUint32(8, 514, true)), status: INVALID_ARGUMENT },
  {
    name: 'key size of 2^32 - 1',
    bytes: payload((_, m) => m.setUint32(8, 0xffffffff, true)),
    status: INVALID_ARGUMENT,
  },
];

for (const engine of ['wasm', 'js'] as const) {
  const poolDir = mkdtempSync(join(tmpdir(), 'hv-kvp-bad-'));
  const opened = startMachine({ poolDir, engine, refreshIntervalMs: 0, requestTimeoutMs: 200 });

  async function poolsOf({ pools }: Machine): Promise<string> {
    const all = [];
    for (const name of ['external', 'guest', 'auto', 'auto-external', 'auto-internal']) {
      const entries = await pools.pool(name).entries();
      all.push(entries.map(({ key, value }) => [key, value]));
    }
    return JSON.stringify(all);
  }

  suite(`bad input, engine ${engine}`, ({ test, after }) => {
    for (const { name, bytes, status } of cases) {
      test(`${name}: status 0x${status.toString(16)}, nothing changed, the channel goes on`, async () => {
        const machine = await opened;
        const before = await poolsOf(machine);
        const answer = await machine.vm.sendRaw(bytes);
        const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
        assert.is(view.getUint32(20, true), status);
        assert.is(view.getUint8(25), 5);
        assert.is(await poolsOf(machine), before);
        assert.is((await machine.vm.intrinsics()).length, 10);
      });
    }

    test('a packet too short for its headers has no sender to answer; the channel goes on', async () => {
      const machine = await opened;
      const before = await poolsOf(machine);
      let code: unknown;
      await machine.vm.sendRaw(new Uint8Array(20)).catch((error: { code: unknown }) => {
        code = error.code;
      });
      assert.is(code, 'ERR_HOST_TIMEOUT');
      await machine.vm.ready();
      assert.is(await poolsOf(machine), before);
      assert.is((await machine.vm.intrinsics()).length, 10);
    });

    test('text without a NUL is bounded by its field, and never runs into the next', async () => {
      const machine = await opened;
      const bytes = payload((_, m) => {
        for (let unit = 0; unit < 256; unit++) m.setUint16(16 + 2 * unit, 0x6b, true);
        m.setUint32(8, 512, true);
      });
      await machine.vm.sendRaw(bytes);
      for (const { key } of await machine.pools.pool('external').entries()) assert.match(key, /^k*$/);
      assert.is((await machine.vm.intrinsics()).length, 10);
    });

    after(async () => {
      await (await opened).stop();
      rmSync(poolDir, { recursive: true });
    });
  });
}
