import { acknowledgement, Dump, messagesOf, requestMessage } from '#internal';
import { codeOf } from '../_support/error-code.js';
import { dumped, recording, SEQUENCE } from '../_support/recorded-netlink.js';
import { assert, suite } from '../_support/suite.js';

const DONE = 3;
const ERROR = 2;
const INTERRUPTED = 0x12;
const EINVAL = 22;

const errorBody = (number: number) => new Uint8Array(new Int32Array([-number]).buffer);
const take = (dump: Dump, type: number, flags: number, sequence: number, body = new Uint8Array(4)) =>
  dump.take(requestMessage(type, flags, sequence, body));

suite('netlink messages', ({ test }) => {
  test('a message is in the machine’s order, padded in its datagram, and read back', () => {
    const one = requestMessage(16, 0x301, 7, new Uint8Array([1, 2, 3]));
    assert.is(new Uint32Array(one.slice(0, 4).buffer)[0], 19);
    const two = requestMessage(17, 0, 8, new Uint8Array());
    const datagram = new Uint8Array([...one, 0, ...two]);
    const read = [...messagesOf(datagram)].map(({ type, flags, sequence, body }) => [type, flags, sequence, [...body]]);
    assert.equal(read, [
      [16, 0x301, 7, [1, 2, 3]],
      [17, 0, 8, []],
    ]);
  });

  test('a dump has what is wanted of it, of this request only, until its end', () => {
    const dump = new Dump(5, ({ type }) => type === 24);
    assert.is(take(dump, 24, 2, 5), false);
    assert.is(take(dump, 24, 2, 4), false);
    assert.is(take(dump, 20, 2, 5), false);
    assert.is(take(dump, DONE, 2, 4), false);
    assert.is(take(dump, DONE, 2, 5), true);
    assert.is(dump.messages.length, 1);
    assert.is(dump.interrupted, false);
  });

  test('kept messages are copies: the datagram may be used again', () => {
    const dump = new Dump(1, () => true);
    const datagram = requestMessage(24, 2, 1, new Uint8Array([1, 2, 3, 4]));
    dump.take(datagram);
    datagram.fill(0xff);
    assert.equal([...dump.messages[0]!.body], [1, 2, 3, 4]);
  });

  test('a dump that the kernel interrupted says so, at its end too', () => {
    for (const type of [24, DONE]) {
      const dump = new Dump(1, () => true);
      take(dump, type, INTERRUPTED, 1);
      assert.is(dump.interrupted, true);
    }
  });

  test('a dump that the kernel refuses or gives up is an error with its number', () => {
    for (const type of [ERROR, DONE]) {
      const dump = new Dump(1, () => true);
      assert.is(
        codeOf(() => take(dump, type, 0, 1, errorBody(EINVAL))),
        'ERR_OS_UNAVAILABLE',
      );
      assert.throws(() => take(dump, type, 0, 1, errorBody(EINVAL)), /errno 22/);
    }
  });

  test('an acknowledgement is that of the request', () => {
    const acknowledged = requestMessage(ERROR, 0, 3, errorBody(0));
    assert.is(acknowledgement(acknowledged, 3), 0);
    assert.is(acknowledgement(acknowledged, 4), undefined);
    assert.is(acknowledgement(requestMessage(ERROR, 0, 3, errorBody(EINVAL)), 3), EINVAL);
    assert.is(acknowledgement(requestMessage(24, 0, 3, errorBody(0)), 3), undefined);
  });

  test('cut off anywhere, a kernel’s datagrams give the messages that are whole', () => {
    for (const datagram of Object.values(recording('expanded')).flat()) {
      const whole = [...messagesOf(datagram)];
      const ends = whole.map(({ body }) => body.byteOffset - datagram.byteOffset + body.length);
      for (let length = 0; length < datagram.length; length++) {
        const cut = datagram.slice(0, length);
        assert.is([...messagesOf(cut)].length, ends.filter((end) => end <= length).length);
      }
    }
  });

  test('lengths that are impossible end the reading', () => {
    for (const length of [0, 15, 21, 0xffffffff, 0x80000000, 0x7fffffff]) {
      const datagram = requestMessage(24, 0, SEQUENCE, new Uint8Array(4));
      new DataView(datagram.buffer).setUint32(0, length, new Uint8Array(new Uint16Array([1]).buffer)[0] === 1);
      assert.equal([...messagesOf(datagram)], []);
      assert.equal(dumped([datagram]), []);
    }
  });
});
