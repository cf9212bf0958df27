/** What a guest says to a request before it looks any further. */
import {
  decodePayload,
  encodeKvpRequest,
  encodeStatusResponse,
  inspectHostRequest,
  ipInfoRequest,
  Status,
  version,
} from 'hv-kvp/codec';
import { assert, suite } from '../_support/suite.js';

const four = version(4);
const set = () => encodeKvpRequest({ operation: 1, pool: 0, key: 'Foo', value: { type: 1, text: 'Bar' } });
const codeOf = (code: string) => (error: { code?: string }) => error.code === code;

function changed(change: (view: DataView) => void, payload = set()): Uint8Array {
  change(new DataView(payload.buffer));
  return payload;
}

function refusal(payload: Uint8Array, kvpVersion = four): [string, string, number | undefined] | undefined {
  const request = inspectHostRequest(payload, kvpVersion);
  if (request.kind === 'accepted') return undefined;
  return [`0x${request.status.toString(16)}`, request.error.code, request.error.offset];
}

suite('codec/host-request', ({ test }) => {
  test('operations 0 to 5 on pools 0 to 4 are accepted', () => {
    for (let operation = 0; operation <= 5; operation++) {
      for (let pool = 0; pool <= 4; pool++) {
        const ip = operation >= 4;
        const payload = ip ? encodeKvpRequest({ operation: 4, pool, ip: ipInfoRequest('m') }) : set();
        payload[28] = operation;
        payload[29] = pool;
        if (operation === 2) new DataView(payload.buffer).setUint32(32, 2, true);
        const request = inspectHostRequest(payload, four);
        assert.equal([request.kind, 'operation' in request && request.operation], ['accepted', operation]);
      }
    }
  });

  test('each refusal has its status, its error and its place', () => {
    const notSupported = '0x80070032';
    const invalid = '0x80070057';
    const cases: [Uint8Array, string, string, number][] = [
      [changed((view) => view.setUint8(28, 6)), notSupported, 'ERR_CODEC_UNSUPPORTED', 28],
      [changed((view) => view.setUint8(28, 255)), notSupported, 'ERR_CODEC_UNSUPPORTED', 28],
      [changed((view) => view.setUint16(12, 1, true)), notSupported, 'ERR_CODEC_UNSUPPORTED', 12],
      [changed((view) => view.setUint8(29, 5)), invalid, 'ERR_CODEC_POOL', 29],
      [changed((view) => view.setUint32(36, 0, true)), invalid, 'ERR_CODEC_SIZE', 36],
      [changed((view) => view.setUint32(36, 513, true)), invalid, 'ERR_CODEC_SIZE', 36],
      [changed((view) => view.setUint32(0, 2, true)), invalid, 'ERR_CODEC_PIPE', 0],
      [changed((view) => view.setUint32(4, 2601, true)), invalid, 'ERR_CODEC_PIPE', 4],
      [changed((view) => view.setUint16(18, 2581, true)), invalid, 'ERR_CODEC_IC', 18],
      [shortened(2575), invalid, 'ERR_CODEC_SHORT', 28 + 2575],
      [shortened(0), invalid, 'ERR_CODEC_SHORT', 28],
    ];
    for (const [payload, status, code, offset] of cases) assert.equal(refusal(payload), [status, code, offset]);
    assert.throws(() => inspectHostRequest(set().subarray(0, 27), four), codeOf('ERR_CODEC_SHORT'));
  });

  test('an IP request is measured by the version’s form', () => {
    const request = encodeKvpRequest({ operation: 4, pool: 1, ip: ipInfoRequest('m') }).slice(0, 28 + 300);
    const short = changed((view) => {
      view.setUint32(4, 320, true);
      view.setUint16(18, 300, true);
    }, request);
    assert.is(refusal(short), undefined, 'as text the adapter id suffices');
    assert.is(refusal(short, version(5))?.[1], 'ERR_CODEC_SHORT');
  });

  test('the answer that repeats its request changes status and flags alone', () => {
    const request = set();
    const response = encodeStatusResponse(request, Status.Fail);
    assert.equal(decodePayload(response).ic, { ...decodePayload(request).ic, status: Status.Fail, flags: 5 });
    assert.equal(response.subarray(26), request.subarray(26));
    assert.equal(request, set(), 'the request is left alone');
    const into = new Uint8Array(3000).fill(0xa5);
    assert.equal(encodeStatusResponse(request, Status.Fail, { into }), response);
    assert.throws(() => encodeStatusResponse(new Uint8Array(27)), codeOf('ERR_CODEC_SHORT'));
  });
});

function shortened(bodyBytes: number): Uint8Array {
  return changed(
    (view) => {
      view.setUint32(4, 20 + bodyBytes, true);
      view.setUint16(18, bodyBytes, true);
    },
    set().slice(0, 28 + bodyBytes),
  );
}
