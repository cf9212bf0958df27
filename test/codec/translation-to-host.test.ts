/** Daemon → host: every recorded answer of the Linux and the FreeBSD driver, on every engine. */
import { createCodec } from 'hv-kvp/codec';
import { difference, ENGINES, unhex, vectors } from '../_support/golden.js';
import { type Rule, RuleBook } from '../_support/rules.js';
import { assert, suite } from '../_support/suite.js';
import {
  ENUMERATE_KEY,
  ENUMERATE_VALUE,
  echo,
  IP_ADAPTER,
  IP_LISTS,
  operationOf,
  rewriteForHost,
  SET_VALUE,
} from '../_support/translation-fields.js';

interface Vector {
  name: string;
  quirk?: string;
  request_hex: string;
  daemon_reply_hex: string;
  response_hex: string;
  registered_op?: number;
}

const E_FAIL = 0x80004005;
const NO_MORE_ITEMS = 0x80070103;
const GET = 0;
const ENUMERATE = 3;
const GET_IP_INFO = 4;
const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A legacy Linux daemon has no status word: the driver puts one in before it translates (protocol.md 4.2). */
function answerOf(vector: Vector): Uint8Array {
  const answer = unhex(vector.daemon_reply_hex);
  if (vector.registered_op === 4) {
    const ended = operationOf(unhex(vector.request_hex)) === ENUMERATE && answer[20] === 0;
    view(answer).setUint32(0, ended ? NO_MORE_ITEMS : 0, true);
  }
  return answer;
}

/** Every text that this answer carries, as the host is to read it. */
function rewrite(vector: Vector, expected: Uint8Array): undefined {
  const answer = answerOf(vector);
  const operation = operationOf(expected);
  const fields =
    operation === ENUMERATE
      ? [ENUMERATE_KEY, ENUMERATE_VALUE]
      : operation === GET
        ? [SET_VALUE]
        : operation === GET_IP_INFO
          ? [IP_ADAPTER, ...IP_LISTS]
          : [];
  for (const text of fields) rewriteForHost(answer, expected, text);
}

const echoStatus =
  (status?: number) =>
  (vector: Vector, expected: Uint8Array): undefined => {
    echo(unhex(vector.request_hex), expected, status ?? view(answerOf(vector)).getUint32(0, true));
  };

const cleanRule = (quirk: string, name: string): Rule<Vector> => ({
  name,
  quirk,
  reason: 'what the request held behind a text is not part of the answer',
  apply: rewrite,
});
const shortRule: Rule<Vector> = {
  name: 'answer-needs-its-room',
  quirk: 'per-operation length not checked: response keeps the short length, written text is lost',
  reason: 'an answer without its text would look like success',
  apply: echoStatus(E_FAIL),
};

const LINUX_RULES: Rule<Vector>[] = [
  shortRule,
  cleanRule('terminating NUL unit is never written: relies on a zeroed request buffer', 'clean-behind-text'),
  {
    name: 'failed-conversion-echoes',
    quirk:
      'conversion error: status E_FAIL, sizes in the body are nonsense (2*(-22+1)) and a partly converted text may be left',
    reason:
      'a failed answer is the request with a status (protocol.md 3.8); for GET the bad byte stands where only the ' +
      'wrong layout looks, and the value at 528 is empty',
    apply(vector, expected) {
      if (operationOf(expected) !== GET) return echoStatus(E_FAIL)(vector, expected);
      echo(unhex(vector.request_hex), expected, 0);
      view(expected).setUint32(28 + 4, 1, true);
      return rewrite(vector, expected);
    },
  },
  {
    name: 'failed-ip-conversion-echoes',
    quirk: 'conversion error: E_FAIL, fields converted before the bad one are already overwritten',
    reason: 'a failed answer is the request with a status (protocol.md 3.8)',
    apply: echoStatus(E_FAIL),
  },
  {
    name: 'get-shifted-by-4',
    quirk: 'GET answer is read with the ENUMERATE layout: value taken 4 bytes too far, key never copied',
    reason: 'the value stands at 528 (protocol.md 4.1)',
    apply: rewrite,
  },
  {
    name: 'unknown-operation-echoes',
    quirk: 'unknown operation is answered like ENUMERATE: key, value, sizes and type are written into the request',
    reason: 'nobody knows the layout of an unknown operation',
    apply: echoStatus(),
  },
  {
    name: 'text-behind-the-cut',
    quirk: 'text behind the cut is not validated',
    reason: 'it is not sent, so it does no harm',
  },
  {
    name: 'key-ends-with-its-field',
    quirk: 'daemon key without NUL: strlen runs on into the value',
    reason: 'at most 254 units are sent, so that the field ends first for us too',
  },
  {
    name: 'legacy-key-of-enumerate-only',
    quirk: 'legacy registration: byte 20 of every reply is tested, whatever the operation',
    reason: 'only an ENUMERATE answer has a key there; the others have succeeded',
    apply: echoOrRewriteLegacy,
  },
];

function echoOrRewriteLegacy(vector: Vector, expected: Uint8Array): undefined {
  echo(unhex(vector.request_hex), expected, 0);
  if (operationOf(expected) !== GET_IP_INFO) return;
  rewrite(vector, expected);
  expected.set(answerOf(vector).subarray(260, 262), 28 + 258);
}

const FREEBSD_RULES: Rule<Vector>[] = [
  shortRule,
  cleanRule('terminating NUL unit is never written: relies on a zeroed request buffer', 'freebsd-clean-behind-text'),
  cleanRule(
    'terminating NUL unit is never written: relies on a zeroed request buffer: the adapter id of the request shows through',
    'freebsd-clean-adapter',
  ),
  {
    name: 'freebsd-low-surrogate',
    quirk: 'low surrogate computed with a wrong mask (0x3ffff): wrong low unit when the upper bits are set',
    reason: 'a pair stands for the character the daemon wrote',
    apply: rewrite,
  },
  {
    name: 'freebsd-size-of-cut-text',
    quirk: 'text cut but the reported size is that of the uncut text',
    reason: 'the size is that of the text that is there',
    apply: rewrite,
  },
  {
    name: 'freebsd-invalid-utf8',
    quirk: 'invalid UTF-8: bytes skipped or taken as Latin-1, no error',
    reason: 'text must not change on its way; the host is told',
    apply(vector, expected) {
      const cut = vector.name.endsWith('behind the cut');
      return cut ? rewrite(vector, expected) : echoStatus(E_FAIL)(vector, expected);
    },
  },
  {
    name: 'freebsd-error-echoes',
    quirk: 'body is converted even when the daemon reports an error',
    reason: 'a failed answer is the request with a status (protocol.md 3.8)',
    apply: echoStatus(),
  },
  {
    name: 'freebsd-unknown-operation',
    quirk: 'conversion error reported to the daemon only (as write error): host sees success',
    reason: 'the daemon said success, and the echoed request is all that can be said',
  },
  {
    name: 'freebsd-get-layout',
    quirk: 'GET is answered from the GET layout, which the stock daemon never fills',
    reason: 'the GET layout is the right one; a daemon that fills it is heard',
  },
  {
    name: 'freebsd-text-ends-with-its-field',
    quirk: 'daemon text without NUL: strlen runs on into the next field',
    reason: 'the gateways fill their 512 units before the field ends',
  },
];

for (const [dialect, rules] of [
  ['linux', LINUX_RULES],
  ['freebsd', FREEBSD_RULES],
] as const) {
  suite(`vectors ${dialect} daemon to host`, ({ test }) => {
    for (const engine of ENGINES) {
      test(`all, ${engine}`, () => {
        const codec = createCodec({ engine });
        const book = new RuleBook(rules);
        const wrong: string[] = [];
        for (const vector of vectors<Vector>(`${dialect}-daemon-to-host`)) {
          const { bytes } = book.expect(vector, unhex(vector.response_hex));
          const poisoned = new Uint8Array(bytes.length).fill(0xa5);
          codec.daemonToHost(unhex(vector.request_hex), answerOf(vector), { dialect, into: poisoned });
          const outcome = difference(poisoned, bytes);
          if (outcome !== undefined) wrong.push(`${vector.name}: ${outcome}`);
        }
        assert.equal(wrong, []);
        assert.equal(book.complaints(), []);
      });
    }
  });
}
