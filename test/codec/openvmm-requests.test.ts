/** Every request that OpenVMM's host was asked to send: our encoder makes the same bytes, or refuses as it does. */
import { type Codec, createCodec, encodeKvpRequest } from 'hv-kvp/codec';
import { difference } from '../_support/golden.js';
import { bytesOfRuns, messageOf, type RecordedRequest, recorded, versionsOf } from '../_support/openvmm.js';
import { assert, suite } from '../_support/suite.js';

interface Request {
  name: string;
  versions: string;
  request: RecordedRequest;
  sent: string | null;
  error?: string;
}

/** Deliberate differences, which test/vectors/openvmm/README.md explains. */
const NO_NUL_INSIDE = 'ERR_CODEC_INNER_NUL';
const DIFFERENCES: Readonly<Record<string, string>> = {
  '5.0: set value with NUL inside': NO_NUL_INSIDE,
  '5.0: set key with NUL inside': NO_NUL_INSIDE,
  '5.0: delete key with NUL inside': NO_NUL_INSIDE,
};
const STRING_FORM = 'non-binary protocol not supported';
/** OpenVMM's words when it refuses → our codes. */
const CODES: Readonly<Record<string, readonly string[]>> = {
  'string too long': ['ERR_LIMIT_KEY', 'ERR_LIMIT_VALUE', 'ERR_LIMIT_LIST'],
  'invalid ipv4 gateway count': ['ERR_LIMIT_LIST'],
  'invalid ipv6 dns server count': ['ERR_LIMIT_LIST'],
};

function attempt(work: () => Uint8Array): Uint8Array | string {
  try {
    return work();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

suite('codec/requests that OpenVMM was asked to send', ({ test }) => {
  const codec: Codec = createCodec();
  const unused = new Set(Object.keys(DIFFERENCES));
  const lines = recorded<Request>('requests');
  for (const { name, versions, request, sent, error } of lines) {
    test(name, () => {
      const message = messageOf(request);
      const options = versionsOf(versions);
      const ours = [attempt(() => encodeKvpRequest(message, options))];
      // The batch form makes the same of every request that it knows.
      if (!('ip' in message) && !('body' in message)) {
        const { value, ...rest } = message as { operation: number; pool: number; value?: Record<string, unknown> };
        const plain = value === undefined ? {} : { value: value['text'] ?? value['number'] ?? value['bigint'] };
        ours.push(attempt(() => codec.encodeBatch([{ ...rest, ...plain } as never], options)[0]!));
      }
      for (const made of ours) {
        const different = DIFFERENCES[name];
        if (different !== undefined) {
          unused.delete(name);
          assert.is(made, different);
        } else if (error === STRING_FORM) assert.ok(made instanceof Uint8Array, String(made));
        else if (sent === null) assert.ok(CODES[error!]!.includes(made as string), `${made} for "${error}"`);
        else if (typeof made === 'string') throw new Error(made);
        else assert.is(difference(made.subarray(8), bytesOfRuns(sent)), undefined);
      }
    });
  }
  test('every difference is one of a recording', () => assert.equal([...unused], []));
});
