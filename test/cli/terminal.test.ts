/** Nothing that a guest, a host or a user says can move the cursor of a terminal or hide what is read there. */
import { type HostEvent, VirtualMachine } from 'hv-kvp/host';
import { formattingLogger, sessionLine, sessionObject } from '#internal';
import { rejectionCode } from '../_support/error-code.js';
import { ScriptedGuest } from '../_support/scripted-guest.js';
import { assert, suite } from '../_support/suite.js';
import { settle, VirtualClock } from '../_support/virtual-clock.js';
import { GUID, MAC, withHost } from './host-command.js';

/** One or more of every class: C0, DEL, C1, bidirectional controls, separators, what cannot be seen. */
const HARMFUL = [
  '\x01\x07\x08\n\r\x1b\x1f\x7f',
  '\x80\x85\x9b\x9f',
  '\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069',
  '\u2028\u2029',
  '\u00ad\u200b\u2060\ufeff\ufff9\u{e0041}',
  '\u034f\u115f\u17b4\u180b\u3164\uffa0\u{1d173}\u{e0100}',
].join('');
const EVIL = `a${HARMFUL}[2Jb`;

function requireHarmless(printed: string, what: string): void {
  const harmful = [...printed].find((character) => HARMFUL.includes(character) && character !== '\n');
  assert.is(harmful, undefined, `${what} printed ${JSON.stringify(harmful)} in ${JSON.stringify(printed)}`);
}

/** Every text that a guest can choose is harmful. */
function harm(guest: ScriptedGuest): void {
  for (const pool of guest.pools) pool.set(EVIL, EVIL);
  const lists = { addresses: [EVIL], subnets: [EVIL], gateways: [EVIL], dns: [EVIL] };
  guest.ip.set(MAC, { adapterId: EVIL.slice(0, 40), family: 1, dhcp: true, ...lists });
}

/** The arguments of every `hv-kvp host` command that shows what somebody else said. */
const COMMANDS = [
  ['list'],
  ['status'],
  ['get', EVIL],
  ['get', `no ${EVIL}`],
  ['guest'],
  ['intrinsics'],
  ['enumerate', 'guest'],
  ['get-ip', MAC],
  ['get-ip', EVIL],
  ['add', EVIL, EVIL],
  ['add', EVIL, 'again'],
  ['modify', `none ${EVIL}`, 'x'],
  ['remove', `none ${EVIL}`],
  ['failover', 'list'],
  ['set-ip', GUID, '--address', EVIL],
  ['fault', 'delay', EVIL],
  [EVIL],
  [`--${EVIL}`],
];

suite('terminal', ({ test }) => {
  test(
    'every host command, as text and as JSON',
    () =>
      withHost(async (host, guest, vm) => {
        harm(guest);
        await vm.refresh();
        for (const words of COMMANDS) {
          const [text, json] = await Promise.all([host(...words), host(...words, '--json')]);
          requireHarmless(text.stdout + text.stderr, words.join(' '));
          requireHarmless(json.stdout + json.stderr, `${words.join(' ')} --json`);
        }
        const { stdout } = await host('guest', '--json');
        assert.equal(JSON.parse(stdout).items, [{ key: EVIL, value: EVIL }], 'JSON still has the value');
        // One item is one line, and one field of it is one field.
        assert.equal(
          (await host('guest')).stdout.split(/[\n\t]/).map((field) => field.length > 0),
          [true, true, false],
        );
      }),
    { limit: 120_000 },
  );

  test('every event of a session, as a line and as JSON', async () => {
    const guest = new ScriptedGuest();
    const vm = new VirtualMachine({ channel: guest.channel.host, clock: new VirtualClock(), refreshIntervalMs: 0 });
    const events: HostEvent[] = [];
    vm.onEvent((event) => events.push(event));
    vm.boot();
    await vm.ready();
    harm(guest);
    await vm.add(EVIL, EVIL);
    await vm.modify(EVIL, 'x');
    await vm.remove(EVIL);
    await vm.guestItems();
    await vm.get(EVIL, { pool: 1 });
    await vm.getIp(MAC);
    guest.bend = (answer) => {
      answer[25] = 7; // a flag too many, which a host tolerates
      return answer;
    };
    await vm.guestItems();
    guest.bend = (answer) => answer;
    vm.fault({ kind: 'corrupt', offset: 40 });
    await rejectionCode(vm.setIp(GUID, { addresses: ['10.0.0.1'], subnets: ['255.0.0.0'] }));
    guest.bend = () => new Uint8Array(10);
    await rejectionCode(vm.guestItems());
    await settle();
    const kinds = new Set(events.map(({ kind }) => kind));
    for (const kind of ['state', 'negotiated', 'pushed', 'exchange', 'remarks', 'fault', 'failed'] as const)
      assert.ok(kinds.has(kind), kind);
    const session = [
      ...events.map((event) => ({ at: 1, who: 'host' as const, event })),
      {
        at: 2,
        who: 'guest program' as const,
        event: { what: 'published' as const, pool: 'x', key: EVIL, value: EVIL },
      },
      { at: 3, who: 'driver' as const, event: { what: 'registered' as const, operation: 100 } },
    ];
    for (const event of session) {
      const line = sessionLine(event);
      requireHarmless(line ?? '', 'a session line');
      assert.not.match(line ?? '', '\n');
      assert.ok((line === undefined) === (sessionObject(event) === undefined));
    }
    assert.ok(session.filter((event) => sessionLine(event)?.includes('\\u{9b}')).length >= 6);
  });

  for (const style of ['people', 'json', 'syslog'] as const) {
    test(`every line of the daemon's log, for ${style}`, () => {
      const lines: string[] = [];
      const logger = formattingLogger(true, style, ({ text }) => lines.push(text));
      for (const level of ['debug', 'info', 'warn', 'error'] as const)
        logger[level]({ key: EVIL, ip: { dns: [EVIL] }, none: undefined, error: EVIL }, `note ${EVIL}`);
      assert.is(lines.length, 4);
      for (const line of lines) {
        requireHarmless(line, style);
        assert.not.match(line, '\n');
      }
      if (style === 'json') assert.is(JSON.parse(lines[0]!).key, EVIL);
    });
  }
});
