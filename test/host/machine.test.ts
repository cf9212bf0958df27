import {
  answerNegotiation,
  decodePayload,
  encodeKvp,
  encodePayload,
  type KvpMessage,
  linuxPolicy,
  type Version,
  version,
} from 'hv-kvp/codec';
import { HostMachine, type MachineOutput, offerUpTo } from 'hv-kvp/host';
import { assert, suite } from '../_support/suite.js';

const ENUMERATE: KvpMessage = { operation: 3, pool: 2, index: 0 };
const GET: KvpMessage = { operation: 0, pool: 0, key: 'k' };
const GET_IP: KvpMessage = {
  operation: 4,
  pool: 1,
  ip: { adapterId: '00:15:5D:01:02:03', family: 0, dhcp: false, addresses: [], subnets: [], gateways: [], dns: [] },
};
const ITEM: KvpMessage = { operation: 3, pool: 2, index: 0, key: 'OSName', value: { type: 1, text: 'Debian' } };

const sent = (outputs: MachineOutput[]): Uint8Array => {
  const output = outputs.find((each) => each.kind === 'send');
  if (output?.kind !== 'send') throw new Error('nothing was sent');
  return output.payload;
};

function ready(newest: Version = version(4)) {
  const machine = new HostMachine({ offer: offerUpTo('5.0'), timeoutMs: 1000 });
  const request = sent(machine.open());
  machine.receive(answerNegotiation(request, linuxPolicy({ maxMessage: newest })).response);
  assert.is(machine.state.name, 'ready');
  return machine;
}

/** A good answer, bent by `bend`, to `request`. */
function answered(request: KvpMessage, answer: KvpMessage, bend: (payload: DataView) => void = () => {}) {
  const machine = ready();
  const { ic } = decodePayload(sent(machine.request({ kind: 'kvp', message: request }, 0)));
  const payload = encodePayload({ ...ic, flags: 5 }, encodeKvp(answer));
  bend(new DataView(payload.buffer));
  return { machine, outputs: machine.receive(payload) };
}

suite('host machine: requests', ({ test }) => {
  test('negotiation offers 1.0 and 3.0, and 3.0 to the newest, as protocol.md 9.1', () => {
    const machine = new HostMachine({ offer: offerUpTo('5.0'), timeoutMs: 1000 });
    const expected =
      '0100000030000000000000000000000000001c0000000000000300000200030000000000' +
      '01000000030000000300000004000000' +
      '05000000';
    assert.is(Buffer.from(sent(machine.open())).toString('hex'), expected);
    assert.is(offerUpTo('4.0').messages.length, 2);
    assert.is(offerUpTo('3.0').messages.length, 1);
  });

  test('a request carries the agreed versions, flags 3, id 0, and 2,580 or 7,428 bytes', () => {
    for (const [message, size] of [
      [ENUMERATE, 2580],
      [GET, 2580],
      [{ operation: 2, pool: 0, key: 'k' }, 2580],
      [{ operation: 1, pool: 0, key: 'k', value: { type: 1, text: 'v' } }, 2580],
      [GET_IP, 7428],
    ] as [KvpMessage, number][]) {
      const { ic } = decodePayload(sent(ready().request({ kind: 'kvp', message }, 0)));
      assert.equal(ic, {
        framework: version(3),
        type: 2,
        message: version(4),
        size,
        status: 0,
        transaction: 0,
        flags: 3,
      });
    }
  });

  test('one request at a time', () => {
    const machine = ready();
    machine.request({ kind: 'kvp', message: GET }, 0);
    assert.throws(() => machine.request({ kind: 'kvp', message: GET }, 0), /ready/);
    assert.is(machine.state.name, 'busy');
  });

  test('a message that cannot be encoded leaves the machine ready', () => {
    const machine = ready();
    assert.throws(() => machine.request({ kind: 'kvp', message: { operation: 0, pool: 0, key: 'k'.repeat(300) } }, 0));
    assert.is(machine.state.name, 'ready');
  });
});

suite('host machine: negotiation answers', ({ test }) => {
  const opened = () => {
    const machine = new HostMachine({ offer: offerUpTo('5.0'), timeoutMs: 1000 });
    return { machine, request: sent(machine.open()) };
  };
  const bent = (bend: (view: DataView) => void) => {
    const { machine, request } = opened();
    const { response } = answerNegotiation(request, linuxPolicy({ maxMessage: version(4) }));
    bend(new DataView(response.buffer));
    machine.receive(response);
    return machine;
  };

  test('the status is ignored', () => {
    assert.is(bent((view) => view.setUint32(20, 0x80004005, true)).state.name, 'ready');
  });

  for (const [what, bend] of Object.entries<(view: DataView) => void>({
    'a refusal: counts 0': (view) => view.setUint32(28, 0, true),
    'two frameworks': (view) => view.setUint16(28, 2, true),
    'a transaction id': (view) => view.setUint8(24, 1),
    'a request flag instead of the response flag': (view) => view.setUint8(25, 3),
    'no transaction flag': (view) => view.setUint8(25, 4),
    'another pipe type': (view) => view.setUint32(0, 2, true),
    'a pipe length beyond the packet': (view) => view.setUint32(4, 4000, true),
    'a message size beyond the pipe': (view) => view.setUint16(18, 4000, true),
  })) {
    test(`${what} fails the channel`, () => assert.is(bent(bend).state.name, 'failed'));
  }

  test('stale messages of other types are dropped without a word', () => {
    const { machine, request } = opened();
    const stale = encodePayload(
      { framework: version(3), type: 2, message: version(4), status: 0, transaction: 0, flags: 5 },
      new Uint8Array(2580),
    );
    assert.equal(machine.receive(stale), [{ kind: 'dropped', type: 2 }]);
    machine.receive(answerNegotiation(request, linuxPolicy()).response);
    assert.is(machine.state.name, 'ready');
  });

  test('a minimal answer of 44 bytes with padding is fine (protocol.md 9.3)', () => {
    const { machine } = opened();
    const hex =
      '010000002400000000000000000000000000100000000000000500000100010000000000' + '0300000005000000' + '00000000';
    machine.receive(Buffer.from(hex, 'hex'));
    assert.equal((machine.state as { agreed?: unknown }).agreed, { framework: version(3), message: version(5) });
  });
});

suite('host machine: answers', ({ test }) => {
  test('a good answer leaves the machine ready', () => {
    const { machine, outputs } = answered(ENUMERATE, ITEM);
    assert.is(machine.state.name, 'ready');
    assert.is(outputs[0]?.kind, 'answered');
  });

  test('echoed operation, pool and versions and a further flag are taken with a remark', () => {
    const { machine, outputs } = answered(ENUMERATE, ITEM, (view) => {
      view.setUint32(28, 0, true);
      view.setUint32(8, 0, true);
      view.setUint8(25, 0x85);
    });
    assert.is(machine.state.name, 'ready');
    const [remarks, answer] = outputs;
    assert.equal(remarks?.kind === 'remarks' && remarks.remarks.map(({ what }) => what), [
      'flags',
      'framework version',
      'operation',
      'pool',
    ]);
    assert.is(answer?.kind === 'answered' && 'key' in answer.answer.message! && answer.answer.message.key, 'OSName');
  });

  test('a negative status is an answer, whatever its body holds', () => {
    const { machine, outputs } = answered(ENUMERATE, ITEM, (view) => {
      view.setUint32(20, 0x80070103, true);
      view.setUint32(40, 7, true);
    });
    assert.is(machine.state.name, 'ready');
    assert.equal(outputs[0]?.kind === 'answered' && outputs[0].answer, { status: 0x80070103, remarks: [] });
  });

  test('a strict host fails the channel on what others take with a remark, and names all of it', () => {
    const strict = new HostMachine({ offer: offerUpTo('5.0'), timeoutMs: 1000, strict: true });
    const request = sent(strict.open());
    strict.receive(answerNegotiation(request, linuxPolicy()).response);
    const { ic } = decodePayload(sent(strict.request({ kind: 'kvp', message: ENUMERATE }, 0)));
    const outputs = strict.receive(encodePayload({ ...ic, flags: 7, type: 3 }, encodeKvp(ITEM)));
    assert.equal(
      outputs.map(({ kind }) => kind),
      ['unanswered', 'failed'],
    );
    const { reason } = strict.state as { reason: Error & { code: string } };
    assert.is(reason.code, 'ERR_HOST_REMARK');
    assert.match(reason.message, /flags at offset 25, expected 5, got 7; message type at offset 12, expected 2, got 3/);
  });

  test('a strict host fails the channel on a version that it did not offer', () => {
    const strict = new HostMachine({ offer: offerUpTo('4.0'), timeoutMs: 1000, strict: true });
    const { response } = answerNegotiation(sent(strict.open()), linuxPolicy());
    new DataView(response.buffer).setUint16(40, 5, true);
    strict.receive(response);
    assert.is((strict.state as { reason?: { code: string } }).reason?.code, 'ERR_HOST_REMARK');
  });

  // Offsets in the payload: IC header at 8, KVP message at 28; ENUMERATE type 36, key size 40, value size 44, key 48, value 560.
  for (const [what, bend] of Object.entries<(view: DataView) => void>({
    'a transaction id': (view) => view.setUint8(24, 1),
    'flags without the response bit': (view) => view.setUint8(25, 3),
    'flags without the transaction bit': (view) => view.setUint8(25, 4),
    'another pipe type': (view) => view.setUint32(0, 3, true),
    'a pipe length beyond the packet': (view) => view.setUint32(4, 2601, true),
    'a body one byte short': (view) => view.setUint16(18, 2579, true),
    'an empty body': (view) => view.setUint16(18, 0, true),
    'an odd key size': (view) => view.setUint32(40, 13, true),
    'a key size of 0': (view) => view.setUint32(40, 0, true),
    'a key size beyond its field': (view) => view.setUint32(40, 514, true),
    'a key without NUL': (view) => view.setUint16(48 + 12, 0x41, true),
    'a key that is not UTF-16': (view) => view.setUint16(48, 0xd800, true),
    'an odd value size': (view) => view.setUint32(44, 15, true),
    'a value size beyond its field': (view) => view.setUint32(44, 2050, true),
    'a value without NUL': (view) => view.setUint16(560 + 12, 0x41, true),
    'a value that is not UTF-16': (view) => view.setUint16(560, 0xdc00, true),
    'an unknown value type': (view) => view.setUint32(36, 3, true),
    'the type 8 that no host knows': (view) => {
      view.setUint32(36, 8, true);
      view.setUint32(44, 8, true);
    },
    'a u32 of 8 bytes': (view) => {
      view.setUint32(36, 4, true);
      view.setUint32(44, 8, true);
    },
    'a u64 of 4 bytes': (view) => {
      view.setUint32(36, 11, true);
      view.setUint32(44, 4, true);
    },
    'success without an item': (view) => {
      for (const at of [36, 40, 44]) view.setUint32(at, 0, true);
    },
  })) {
    test(`${what} fails the channel, with the reason`, () => {
      const { machine, outputs } = answered(ENUMERATE, ITEM, bend);
      assert.is(machine.state.name, 'failed');
      assert.equal(
        outputs.map(({ kind }) => kind),
        ['unanswered', 'failed'],
      );
      assert.equal(machine.receive(new Uint8Array(28)), [], 'a failed channel is not read any more');
      assert.equal(machine.renegotiate(), [], 'nor does it heal by itself');
      assert.is(machine.open().length, 1, 'until it is reopened');
      assert.is(machine.state.name, 'negotiating');
    });
  }

  test('numbers of exact size are values', () => {
    for (const value of [
      { type: 4, number: 7 },
      { type: 11, bigint: 2n ** 63n },
    ] as const) {
      const { outputs } = answered(ENUMERATE, { ...ITEM, value });
      assert.equal(
        outputs[0]?.kind === 'answered' && 'value' in outputs[0].answer.message! && outputs[0].answer.message.value,
        value,
      );
    }
  });

  test('a GET answer without a value and an IP answer without its end fail the channel', () => {
    assert.is(answered(GET, GET).machine.state.name, 'failed');
    assert.is(answered(GET_IP, GET_IP).machine.state.name, 'ready');
    assert.is(answered(GET_IP, GET_IP, (view) => view.setUint16(18, 7427, true)).machine.state.name, 'failed');
  });

  test('a message without a request fails the channel: guests never begin', () => {
    const machine = ready();
    machine.receive(new Uint8Array(2608));
    assert.is(machine.state.name, 'failed');
    const { machine: again } = answered(ENUMERATE, ITEM);
    const second = encodePayload(
      { framework: version(3), type: 2, message: version(4), status: 0, transaction: 0, flags: 5 },
      encodeKvp(ITEM),
    );
    again.receive(second);
    assert.is(again.state.name, 'failed', 'a second answer');
  });
});

suite('host machine: time', ({ test }) => {
  test('a request past its deadline is given up, and its late answer is dropped while negotiating', () => {
    const machine = ready();
    const request = sent(machine.request({ kind: 'kvp', message: ENUMERATE }, 100));
    assert.is(machine.deadline, 1100);
    assert.equal(machine.tick(1099), []);
    const outputs = machine.tick(1100);
    assert.equal(
      outputs.map(({ kind }) => kind),
      ['unanswered', 'send'],
    );
    assert.is(machine.state.name, 'negotiating');
    const { ic } = decodePayload(request);
    const late = encodePayload({ ...ic, flags: 5 }, encodeKvp(ITEM));
    assert.equal(machine.receive(late), [{ kind: 'dropped', type: 2 }]);
    machine.receive(answerNegotiation(sent(outputs), linuxPolicy()).response);
    assert.is(machine.state.name, 'ready');
  });

  test('a negotiation under way is not repeated', () => {
    const machine = new HostMachine({ offer: offerUpTo('5.0'), timeoutMs: 1000 });
    machine.open();
    assert.equal(machine.renegotiate(), []);
    assert.is(machine.deadline, undefined);
  });
});
