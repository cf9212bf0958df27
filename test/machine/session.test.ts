import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Crossing, createMachine, playSession, type SessionEvent } from 'hv-kvp/testing';
import {
  type DeviceMessage,
  decodeDeviceMessage,
  decodePoolFile,
  decodeRingImage,
  type RingMessage,
} from '../_support/independent-decoder.js';
import { assert, suite } from '../_support/suite.js';

interface Recording {
  crossings: Crossing[];
  events: SessionEvent[];
  pools: Map<number, [string, string][]>;
}

async function record(engine: 'wasm' | 'js'): Promise<Recording> {
  const poolDir = mkdtempSync(join(tmpdir(), 'hv-kvp-session-'));
  const crossings: Crossing[] = [];
  const events: SessionEvent[] = [];
  const tap = (crossing: Crossing) => void crossings.push(crossing);
  const machine = await createMachine({ poolDir, engine, refreshIntervalMs: 0, tap });
  try {
    assert.is(machine.codec.engine.kind, engine);
    await playSession(machine, {
      publish: (pool, key, value) => machine.pools.pool(pool).set(key, value),
      onEvent: (event) => void events.push(event),
    });
    const pools = new Map<number, [string, string][]>();
    for (const pool of [0, 1, 3]) pools.set(pool, decodePoolFile(readFileSync(join(poolDir, `.kvp_pool_${pool}`))));
    return { crossings, events, pools };
  } finally {
    await machine.stop();
    rmSync(poolDir, { recursive: true });
  }
}

const ringMessage = ({ bytes, ringOffset }: Crossing): RingMessage => decodeRingImage(bytes, ringOffset ?? -1);

interface Exchange {
  request: RingMessage;
  asked: DeviceMessage;
  answered: DeviceMessage;
  response: RingMessage;
}

/** Each KVP request with the three crossings that must follow it, in this order and with nothing between. */
function exchangesOf(crossings: Crossing[]): Exchange[] {
  const exchanges: Exchange[] = [];
  for (const [index, crossing] of crossings.entries()) {
    if (crossing.seam !== 'host-to-guest') continue;
    const request = ringMessage(crossing);
    if (request.icType !== 2) continue;
    const [asked, answered, response] = crossings.slice(index + 1, index + 4);
    assert.equal(
      [asked?.seam, answered?.seam, response?.seam],
      ['driver-to-daemon', 'daemon-to-driver', 'guest-to-host'],
      `request ${exchanges.length} is followed by its hand-over, its answer and its response`,
    );
    exchanges.push({
      request,
      asked: decodeDeviceMessage(asked?.bytes ?? new Uint8Array()),
      answered: decodeDeviceMessage(answered?.bytes ?? new Uint8Array(), request.operation),
      response: ringMessage(response as Crossing),
    });
  }
  return exchanges;
}

for (const engine of ['wasm', 'js'] as const) {
  const recording = record(engine);
  suite(`session, engine ${engine}`, ({ test }) => {
    test('the daemon registers, has read the reply, and only then the guest negotiates', async () => {
      const { crossings } = await recording;
      const seams = crossings.filter(({ seam }) => seam !== 'host-to-guest').slice(0, 3);
      assert.equal(
        seams.map(({ seam }) => seam),
        ['daemon-to-driver', 'driver-to-daemon', 'guest-to-host'],
      );
      assert.is(seams[0]?.bytes[0], 100);
      assert.is(decodeDeviceMessage(seams[1]?.bytes ?? new Uint8Array()).version, '3.1');
      const answer = ringMessage(seams[2] as Crossing);
      assert.is(answer.icType, 0);
      assert.is(answer.flags, 5);
    });

    test('every request crosses four seams and says the same on each', async () => {
      const exchanges = exchangesOf((await recording).crossings);
      assert.ok(exchanges.length > 30, `${exchanges.length} exchanges`);
      for (const { request, asked, answered, response } of exchanges) {
        assert.equal([request.flags, request.framework, request.message, request.status], [3, '3.0', '4.0', 0]);
        assert.equal([response.flags, response.framework, response.message], [5, '3.0', '4.0']);
        assert.equal([asked.operation, asked.pool], [request.operation, request.pool]);
        assert.is(answered.status, response.status);
        if (request.operation === 3) assert.is(asked.index, request.index);
        if ((request.operation ?? 9) <= 2) assert.is(asked.key, request.key);
        if (request.operation === 4) assert.is(asked.adapterId, request.adapterId);
        if (response.status !== 0) continue;
        if (request.operation === 3 || request.operation === 0) assert.is(response.value, answered.value);
        if (request.operation === 3) assert.is(response.key, answered.key);
        if (request.operation === 4) assert.is(response.addresses, answered.addresses);
      }
    });

    test('the operations are those of the story, with the statuses that the protocol gives them', async () => {
      const counted: Record<string, number> = {};
      for (const { request, response } of exchangesOf((await recording).crossings)) {
        const name = `${request.operation}/${request.pool} ${response.status.toString(16)}`;
        counted[name] = (counted[name] ?? 0) + 1;
      }
      assert.is(counted['1/3 0'], 16, 'pool 3: the description of the host');
      assert.is(counted['1/0 0'], 4, 'pool 0: add, add, modify, add');
      assert.is(counted['2/0 0'], 1, 'pool 0: remove');
      assert.is(counted['3/1 0'], 1, 'pool 1: one item');
      assert.is(counted['3/1 80070103'], 1, 'pool 1: its end');
      assert.is(counted['3/2 0'], 10, 'pool 2: ten intrinsics');
      assert.is(counted['3/2 80070103'], 1, 'pool 2: its end');
      assert.is(counted['0/0 0'], 1, 'GET');
    });

    test('GET by key brings the value', async () => {
      const get = exchangesOf((await recording).crossings).find(({ request }) => request.operation === 0);
      assert.equal([get?.response.key, get?.response.value], ['city', 'Zürich']);
    });

    test('the host sees the addresses that this machine has', async () => {
      const shown = exchangesOf((await recording).crossings)
        .filter(({ request }) => request.operation === 4)
        .map(({ response }) => new Set(response.addresses?.split(';').filter((address) => address !== '')));
      for (const [name, addresses] of Object.entries(networkInterfaces())) {
        const own = (addresses ?? []).filter(({ internal }) => !internal).map(({ address }) => address);
        if (own.length === 0) continue;
        assert.ok(
          shown.some((list) => own.every((address) => list.has(address))),
          `${name} with ${own}`,
        );
      }
      for (const list of shown) assert.not.ok(list.has('127.0.0.1') || list.has('::1'), 'the loopback is not offered');
    });

    test('the pool files hold what was acknowledged, clean to the end of each record', async () => {
      const { pools } = await recording;
      assert.equal(pools.get(0), [
        ['city', 'Zürich'],
        ['role', 'web;mail'],
      ]);
      assert.equal(pools.get(1), [['state', 'ready ✓']]);
      assert.is(pools.get(3)?.length, 16);
    });

    test('what people see is what crossed the seams', async () => {
      const { events, crossings } = await recording;
      const shown = events.filter(({ who, event }) => who === 'host' && 'kind' in event && event.kind === 'exchange');
      assert.is(shown.length, exchangesOf(crossings).length);
    });
  });
}
