/** What the log hides and what it never hides. */
import { runDaemon } from 'hv-kvp/daemon';
import { RateLimitedLogger } from '#internal';
import { MemoryPools, noIntrinsics, noNet, recordingLogger } from '../_support/daemon-ports.js';
import { set } from '../_support/key-value-requests.js';
import { daemonMessage } from '../_support/registering-device.js';
import { ScriptedDevice } from '../_support/scripted-device.js';
import { assert, suite } from '../_support/suite.js';
import { VirtualClock } from '../_support/virtual-clock.js';

function limited() {
  const inner = recordingLogger();
  const clock = new VirtualClock();
  return { inner, clock, logger: new RateLimitedLogger(inner, clock, { lines: 3, windowMs: 1_000 }) };
}

suite('daemon log', ({ test }) => {
  test('lines of one text are held back after three; their number is said when the window ends', async () => {
    const { inner, clock, logger } = limited();
    for (let index = 0; index < 100; index++) logger.warn({ index }, 'refused');
    assert.is(inner.lines.length, 3);
    await clock.pass(1_000);
    assert.equal(inner.lines.at(-1), {
      level: 'warn',
      message: 'lines like this were held back',
      fields: { heldBack: 97, text: 'refused' },
    });
    assert.is(inner.lines.length, 4);
    logger.warn({}, 'refused');
    assert.is(inner.lines.length, 5, 'the next window is open');
    await clock.pass(5_000);
    assert.is(inner.lines.length, 5, 'nothing was held back in it');
    assert.is(clock.pending, 0);
  });

  test('the first line of a different failure is never held back', () => {
    const { inner, logger } = limited();
    for (let index = 0; index < 100; index++) logger.error({ error: 'no such file' }, 'a request failed');
    logger.error({ error: 'no space left on device' }, 'a request failed');
    logger.warn({ reason: 'pool above 4' }, 'a request failed');
    for (let index = 0; index < 100; index++) logger.error({ error: 'no such file' }, 'a request failed');
    assert.equal(
      inner.lines.slice(3).map(({ fields }) => fields),
      [{ error: 'no space left on device' }, { reason: 'pool above 4' }],
    );
  });

  test('a peer that makes each failure differ cannot fill the log, nor the memory', async () => {
    const { inner, clock, logger } = limited();
    for (let index = 0; index < 10_000; index++) {
      logger.warn({ error: `failure ${index}` }, 'a request failed');
      logger.warn({}, `note ${index}`);
    }
    assert.ok(inner.lines.length < 300, `${inner.lines.length} lines`);
    const shown = inner.lines.length;
    await clock.pass(1_000);
    const heldBack = inner.lines.slice(shown).reduce((sum, { fields }) => sum + Number(fields['heldBack']), 0);
    assert.is(shown + heldBack, 20_000, 'every line is there or counted');
  });

  test('an end says what was held back, and leaves no timer', () => {
    const { inner, clock, logger } = limited();
    for (let index = 0; index < 10; index++) logger.info({}, 'reloaded');
    logger.end();
    assert.is(inner.lines.at(-1)?.fields['heldBack'], 7);
    assert.is(clock.pending, 0);
  });

  test('a limited logger is not limited twice by the daemon', async () => {
    const { inner, logger } = limited();
    const device = new ScriptedDevice();
    device.reads = [daemonMessage(100, 0, [[4, Buffer.from('3.1')]])];
    const daemon = runDaemon({ device, pools: new MemoryPools(), net: noNet, intrinsics: noIntrinsics, logger });
    await daemon.registered;
    for (let index = 0; index < 10; index++) logger.info({}, 'reloaded');
    await daemon.stop();
    assert.is(inner.lines.at(-1)?.fields['heldBack'], 7, 'what was held back is said at the end');
  });

  test('values under keys that sound like secrets are not logged', async () => {
    const secrets = [
      [
        'password',
        'PassPhrase',
        'api-key',
        'SSH_KEY',
        'sas',
        'SasUri',
        'auth',
        'Authorization',
        'token',
        'accessToken',
      ],
      ['clientSecret', 'connection-string', 'ConnectionString', 'private', 'certificate', 'signature', 'pwd', 'cookie'],
    ].flat();
    const device = new ScriptedDevice();
    device.reads = [
      daemonMessage(100, 0, [[4, Buffer.from('3.1')]]),
      ...secrets.map((key) => set(1, key, 'hidden')),
      set(1, 'city', 'shown'),
    ];
    const logger = recordingLogger();
    const pools = new MemoryPools();
    const daemon = runDaemon({ device, pools, net: noNet, intrinsics: noIntrinsics, logger, logRequests: true });
    while (pools.records[1]!.length <= secrets.length) await new Promise((resolve) => setImmediate(resolve));
    await daemon.stop();
    const text = JSON.stringify(logger.lines);
    assert.not.match(text, 'hidden');
    assert.match(text, 'shown');
  });
});
