/** Selection at every version, and what is refused with an error. */
import {
  answerNegotiation,
  decodeNegotiate,
  decodeNegotiateAnswer,
  encodeNegotiateRequest,
  freebsdPolicy,
  linuxPolicy,
  MESSAGE_VERSIONS,
  parseVersion,
  version,
} from 'hv-kvp/codec';
import { assert, suite } from '../_support/suite.js';

const frameworks = [version(1), version(3)];
const codeOf = (code: string) => (error: { code?: string }) => error.code === code;

suite('codec/negotiate', ({ test }) => {
  for (const [name, policy] of [
    ['linux', linuxPolicy],
    ['freebsd', freebsdPolicy],
  ] as const) {
    test(`${name}: agrees on the newest version that both know, at each version`, () => {
      for (const [own, maxMessage] of MESSAGE_VERSIONS.entries()) {
        for (const offered of MESSAGE_VERSIONS.keys()) {
          const messages = MESSAGE_VERSIONS.slice(0, offered + 1);
          const payload = encodeNegotiateRequest({ frameworks, messages });
          const { response, agreed } = answerNegotiation(payload, policy({ maxMessage }));
          const expected = { framework: version(3), message: MESSAGE_VERSIONS[Math.min(own, offered)] };
          assert.equal(agreed, expected);
          assert.equal(decodeNegotiateAnswer(response, { frameworks, messages }), { ...expected, remarks: [] });
        }
      }
    });
  }

  test('a request in a Node Buffer stays as it was: its slice() is no copy', () => {
    const payload = Buffer.from(encodeNegotiateRequest({ frameworks, messages: [version(4)] }));
    const before = payload.toString('hex');
    const { response } = answerNegotiation(payload, linuxPolicy());
    assert.is(payload.toString('hex'), before);
    assert.is.not(Buffer.from(response).toString('hex'), before);
  });

  test('freebsd agrees with status 0, whatever the status of the request was', () => {
    const payload = encodeNegotiateRequest({ frameworks, messages: [version(4)] });
    new DataView(payload.buffer).setUint32(20, 0x80004005, true);
    const { response, agreed } = answerNegotiation(payload, freebsdPolicy());
    assert.is(new DataView(response.buffer).getUint32(20, true), 0);
    assert.equal(agreed, { framework: version(3), message: version(4) });
    const refused = answerNegotiation(encodeNegotiateRequest({ frameworks, messages: [version(9)] }), freebsdPolicy());
    assert.is(new DataView(refused.response.buffer).getUint32(20, true), 0x80004005);
  });

  test('an option lowers the framework', () => {
    const payload = encodeNegotiateRequest({ frameworks, messages: [version(3)] });
    assert.equal(answerNegotiation(payload, linuxPolicy({ maxFramework: version(1) })).agreed?.framework, version(1));
  });

  test('a host fails the channel on an answer that selects nothing or too much', () => {
    const offer = { frameworks, messages: [version(4)] };
    const { response } = answerNegotiation(encodeNegotiateRequest(offer), linuxPolicy());
    const wrong = (change: (view: DataView) => void) => {
      const copy = response.slice();
      change(new DataView(copy.buffer));
      return () => decodeNegotiateAnswer(copy, offer);
    };
    assert.throws(
      wrong((view) => view.setUint16(28, 0, true)),
      codeOf('ERR_CODEC_NEGOTIATE'),
    );
    assert.throws(
      wrong((view) => view.setUint16(30, 2, true)),
      codeOf('ERR_CODEC_NEGOTIATE'),
    );
    assert.throws(
      wrong((view) => view.setUint8(25, 3)),
      codeOf('ERR_CODEC_IC'),
    );
    assert.throws(
      wrong((view) => view.setUint8(24, 1)),
      codeOf('ERR_CODEC_IC'),
    );
    assert.throws(
      wrong((view) => view.setUint32(0, 2, true)),
      codeOf('ERR_CODEC_PIPE'),
    );
    assert.is(wrong((view) => view.setUint16(12, 2, true))(), undefined, 'a stale answer of another type is dropped');
    const odd = (change: (view: DataView) => void) => wrong(change)()?.remarks.map(({ what }) => what);
    assert.equal(
      odd((view) => view.setUint32(20, 0x80004005, true)),
      ['status'],
    );
    assert.equal(
      odd((view) => view.setUint16(40, 5, true)),
      ['message version that was not offered'],
    );
  });

  test('lists over 100 are misuse when sent and an error when received', () => {
    const many = Array.from({ length: 101 }, () => version(3));
    assert.throws(() => encodeNegotiateRequest({ frameworks, messages: many }), codeOf('ERR_MISUSE'));
    const payload = encodeNegotiateRequest({ frameworks, messages: many.slice(1) });
    new DataView(payload.buffer).setUint16(30, 101, true);
    assert.throws(() => decodeNegotiate(payload), codeOf('ERR_CODEC_NEGOTIATE'));
  });

  test('versions are read from text', () => {
    assert.equal(parseVersion('4.0'), version(4));
    for (const wrong of ['4', '4.0.0', '70000.0', '', 'x.y', '4.-1']) assert.throws(() => parseVersion(wrong));
  });
});
