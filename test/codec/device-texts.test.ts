/** A request whose texts the device cannot carry is refused before any part of it reaches a daemon. */
import { encodeKvpRequest, inspectHostRequest, Status, type Version, version } from 'hv-kvp/codec';
import { assert, suite } from '../_support/suite.js';

const BODY = 28;
const [GET, SET, DELETE] = [0, 1, 2];
/** Where operations have their texts: field, size, bytes of the field. */
const KEY = { at: 16, sizeAt: 8, bytes: 512 };
const DELETE_KEY = { at: 8, sizeAt: 4, bytes: 512 };
const VALUE = { at: 528, sizeAt: 12, bytes: 2048 };

/** A request with this text, as a host without any limits would send it: with a NUL at the end and its size stated. */
function request(
  operation: number,
  text: string,
  { at, sizeAt } = operation === DELETE ? DELETE_KEY : KEY,
): Uint8Array {
  const whole =
    operation === DELETE
      ? encodeKvpRequest({ operation: 2, pool: 0, key: 'k' })
      : encodeKvpRequest({ operation: 1, pool: 0, key: 'k', value: { type: 1, text: 'v' } });
  whole[BODY] = operation;
  whole.set(Buffer.from(`${text}\0`, 'utf16le'), BODY + at);
  new DataView(whole.buffer).setUint32(BODY + sizeAt, 2 * (text.length + 1), true);
  return whole;
}

function verdict(payload: Uint8Array, kvpVersion: Version = version(4)): [string, number] | 'accepted' {
  const judged = inspectHostRequest(payload, kvpVersion);
  return judged.kind === 'accepted' ? 'accepted' : [judged.error.code, judged.status];
}

const refused = (code: string): [string, number] => [code, Status.InvalidArgument];

suite('codec/device texts', ({ test }) => {
  test('a key with a NUL inside is refused, so that no other item is set, asked for or deleted', () => {
    for (const operation of [GET, SET, DELETE]) {
      for (const key of ['a\0b', '\0a', 'a\0', '\0'])
        assert.equal(verdict(request(operation, key)), refused('ERR_CODEC_INNER_NUL'), JSON.stringify(key));
      assert.is(verdict(request(operation, 'a')), 'accepted');
      assert.is(verdict(request(operation, '')), 'accepted');
    }
    assert.equal(verdict(request(SET, 'a\0b', VALUE)), refused('ERR_CODEC_INNER_NUL'));
  });

  test('a key or value beyond the UTF-8 bytes of the device is refused, the longest that fits is not', () => {
    for (const operation of [GET, SET, DELETE]) {
      assert.is(verdict(request(operation, `${'€'.repeat(170)}a`)), 'accepted');
      assert.equal(verdict(request(operation, '€'.repeat(171))), refused('ERR_LIMIT_KEY'));
    }
    assert.is(verdict(request(SET, `${'€'.repeat(682)}a`, VALUE)), 'accepted');
    assert.equal(verdict(request(SET, '€'.repeat(683), VALUE)), refused('ERR_LIMIT_VALUE'));
  });

  test('a lone surrogate is refused, a pair is not', () => {
    assert.is(verdict(request(SET, '😀')), 'accepted');
    for (const text of ['a\ud83d', '\ude00a', '\ude00\ud83d']) {
      assert.equal(verdict(request(DELETE, text)), refused('ERR_CODEC_UTF16'));
      assert.equal(verdict(request(SET, text, VALUE)), refused('ERR_CODEC_UTF16'));
    }
  });

  test('a text that fills its field without a NUL is refused for its bytes, not for the missing NUL', () => {
    const full = request(SET, 'k');
    full.set(Buffer.from('é'.repeat(256), 'utf16le'), BODY + KEY.at);
    new DataView(full.buffer).setUint32(BODY + KEY.sizeAt, KEY.bytes, true);
    assert.equal(verdict(full), refused('ERR_LIMIT_KEY'));
    new DataView(full.buffer).setUint32(BODY + KEY.sizeAt, KEY.bytes - 2, true);
    assert.is(verdict(full), 'accepted');
  });

  test('a SET whose value is neither a text nor a number is refused: nothing of it could be stored', () => {
    for (const type of [0, 3, 5, 7, 9, 10, 12, 256, 0xffffffff]) {
      const payload = request(SET, 'k');
      new DataView(payload.buffer).setUint32(BODY + 4, type, true);
      assert.equal(verdict(payload), refused('ERR_CODEC_VALUE_TYPE'), String(type));
    }
    for (const type of [1, 2, 4, 8, 11]) {
      const payload = request(SET, 'k');
      new DataView(payload.buffer).setUint32(BODY + 4, type, true);
      assert.is(verdict(payload), 'accepted', String(type));
    }
  });

  test('IP texts that the device cannot carry are refused, in both forms', () => {
    const ip = { adapterId: 'm', family: 0, dhcp: false, addresses: [], subnets: [], gateways: [], dns: [] };
    const string = encodeKvpRequest({ operation: 5, pool: 1, ip });
    const put = (payload: Uint8Array, at: number, text: string): Uint8Array => {
      const copy = payload.slice();
      copy.set(Buffer.from(`${text}\0`, 'utf16le'), BODY + at);
      return copy;
    };
    assert.is(verdict(string), 'accepted');
    assert.equal(verdict(put(string, 260, '€'.repeat(683))), refused('ERR_LIMIT_LIST'));
    assert.equal(verdict(put(string, 2, 'a\ud800')), refused('ERR_CODEC_UTF16'));
    assert.is(
      verdict(put(string, 260, '10.0.0.1\0behind'), version(4)),
      'accepted',
      'without a size a NUL ends a text',
    );
    const binary = encodeKvpRequest({ operation: 5, pool: 1, ip }, { version: version(5) });
    assert.is(verdict(binary, version(5)), 'accepted');
    assert.equal(verdict(put(binary, 28, 'a\ud800'), version(5)), refused('ERR_CODEC_UTF16'));
  });
});
