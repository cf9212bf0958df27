/**
 * Every exported function with every argument spoilt: numbers at the edges, kinds that are none, words that are none.
 * The outcome is a result or an error of ours, never another error or a hang, and what was called works afterwards.
 *
 * Another room joins with a table of its own in this folder; until then `LATER` names it.
 */
import { readFileSync } from 'node:fs';
import { KvpError, MisuseError } from 'hv-kvp';
import { assert, suite } from '../_support/suite.js';
import { HOSTILE, methodsOf, pathsOf, type RoomCalls, settled, spoilt } from './calls.js';
import { cimCalls } from './cim-calls.js';
import { codecCalls, codecJsCalls } from './codec-calls.js';
import { daemonCalls } from './daemon-calls.js';
import { deviceCalls } from './device-calls.js';
import { driverCalls } from './driver-calls.js';
import { hostCalls } from './host-calls.js';
import { ringCalls } from './ring-calls.js';
import { testingCalls } from './testing-calls.js';

const ROOMS: readonly RoomCalls[] = [
  codecCalls,
  codecJsCalls,
  ringCalls,
  cimCalls,
  hostCalls,
  deviceCalls,
  driverCalls,
  daemonCalls,
  testingCalls,
];
/** Subpaths without a table, with the reason. */
const LATER: Readonly<Record<string, string>> = {
  '.': 'names exports of the other subpaths',
  pool: 'no table yet',
  net: 'no table yet',
};

const isClass = (value: unknown): value is { prototype: object } =>
  typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));

const shown = (value: unknown): string =>
  typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value));

function isOurs(error: unknown): boolean {
  return error instanceof KvpError || error instanceof MisuseError;
}

suite('api/arguments', ({ test }) => {
  test('every subpath of the package has a table, or a reason why not', () => {
    const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, unknown> };
    const subpaths = Object.keys(exports).map((key) => (key === '.' ? key : key.slice(2)));
    const known = [...ROOMS.map(({ subpath }) => subpath), ...Object.keys(LATER), 'codec.wasm', 'package.json'];
    assert.equal(subpaths.sort(), known.sort());
  });

  for (const { subpath, exports, calls, objects, exempt } of ROOMS) {
    test(`${subpath}: every function and method is tried, or exempt with a reason`, () => {
      const wanted = Object.entries(exports).flatMap(([name, value]) =>
        isClass(value)
          ? [name, ...methodsOf(value.prototype).map((method) => `${name}.${method}`)]
          : typeof value === 'function'
            ? [name]
            : [],
      );
      for (const [name, object] of Object.entries(objects))
        wanted.push(...methodsOf(object).map((method) => `${name}.${method}`));
      const known = [...Object.keys(calls), ...Object.keys(exempt)];
      assert.equal([...new Set(known)].sort(), [...new Set(wanted)].sort());
    });

    for (const [name, make] of Object.entries(calls)) {
      test(`${subpath}: ${name}`, async () => {
        const { run, args, sound } = make();
        // Before the call, which may give back what the arguments stand in.
        const paths = pathsOf(args);
        await settled(run(...args));
        sound?.();
        for (const path of paths) {
          for (const value of HOSTILE) {
            const attempt = make();
            const where = `${name}, ${path.join('.')} = ${shown(value)}`;
            try {
              await settled(attempt.run(...(spoilt(attempt.args, path, value) as unknown[])));
            } catch (error) {
              if (!isOurs(error)) throw new Error(`${where}: ${error}`, { cause: error });
            }
            try {
              attempt.sound?.();
            } catch (error) {
              throw new Error(`after ${where}: ${error}`, { cause: error });
            }
          }
        }
      });
    }
  }
});
