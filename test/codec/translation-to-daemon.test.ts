/** Host → daemon: every recorded translation of the Linux and the FreeBSD driver, on every engine. */
import { createCodec } from 'hv-kvp/codec';
import { difference, ENGINES, unhex, vectors } from '../_support/golden.js';
import { type Rule, RuleBook } from '../_support/rules.js';
import { assert, suite } from '../_support/suite.js';
import {
  DELETE_KEY,
  IP_ADAPTER,
  IP_LISTS,
  operationOf,
  rewriteForDaemon,
  SET_KEY,
  SET_VALUE,
} from '../_support/translation-fields.js';

interface Vector {
  name: string;
  quirk?: string;
  request_hex: string;
  daemon_msg_hex: string | null;
}

const GET = 0;
const SET = 1;
const DELETE = 2;
const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const requestOf = (vector: Vector): Uint8Array => unhex(vector.request_hex);

function rewriteTexts(vector: Vector, message: Uint8Array): void {
  const request = requestOf(vector);
  const operation = operationOf(request);
  // Cut before its sizes: refused by another rule.
  if (request.length < 28 + 16) return;
  if (operation === SET || operation === GET) rewriteForDaemon(request, message, SET_KEY);
  if (operation === SET && view(request).getUint32(28 + 4, true) <= 2) rewriteForDaemon(request, message, SET_VALUE);
  if (operation === DELETE) rewriteForDaemon(request, message, DELETE_KEY);
  if (operation === 4 || operation === 5) rewriteForDaemon(request, message, IP_ADAPTER);
  if (operation === 5) for (const list of IP_LISTS) rewriteForDaemon(request, message, list);
}

/** Rules that hold for both drivers. */
const rewrite = (vector: Vector, expected: Uint8Array): undefined => {
  rewriteTexts(vector, expected);
};

/** Strings of type 2 and numbers of type 11 are known; any other unknown type leaves the recorded bytes. */
function convertValue(vector: Vector, expected: Uint8Array): undefined {
  const request = requestOf(vector);
  if (request.length < 28 + 8) return;
  const type = view(request).getUint32(28 + 4, true);
  if (type === 2) rewriteForDaemon(request, expected, SET_VALUE);
  if (type === 11) {
    const digits = Buffer.from(String(view(request).getBigUint64(28 + 528, true)));
    expected.set(digits, 528);
    view(expected).setUint32(12, digits.length + 1, true);
  }
}

/** The vector's binary block has one IPv4 address, gateway and DNS server, at the offsets of protocol.md 3.6. */
function rewriteBinary(vector: Vector, expected: Uint8Array): undefined {
  const message = requestOf(vector).subarray(28);
  const counts = [4, 8, 12, 16, 20, 24].map((at) => view(message).getUint32(at, true));
  assert.equal(counts, [1, 0, 1, 0, 1, 0]);
  const adapter = Buffer.from(message.subarray(28, 284)).toString('utf16le').split('\0')[0]!;
  expected.set(Buffer.from(adapter), 4);
  expected.set(message.subarray(284, 286), 260);
  for (const [from, to] of [
    [288, 262],
    [1568, 2310],
    [2080, 4358],
    [2180, 5382],
  ] as const) {
    expected.set(Buffer.from(message.subarray(from, from + 4).join('.')), to);
  }
}

const SHORT = 'per-operation length not checked: missing bytes taken from the receive buffer';
const shortRule: Rule<Vector> = {
  name: 'refuse-a-cut-message',
  quirk: SHORT,
  reason: 'bytes of an earlier message must never reach a daemon as part of this one',
  apply: () => 'ERR_CODEC_SHORT',
};
const typeRule: Rule<Vector> = {
  name: 'value-types-of-windows',
  quirk: 'value type has no conversion: value arrives empty with size 0',
  reason: 'Windows numbers strings 1 and 2 and 64-bit numbers 11 (protocol.md 3.4): an item must not lose its value',
  apply: convertValue,
};
const keyRule: Rule<Vector> = {
  name: 'key-ends-with-its-field',
  quirk: 'key without NUL: reads on into the value field',
  reason: 'the value is no part of the key',
  apply: rewrite,
};

const LINUX_RULES: Rule<Vector>[] = [
  shortRule,
  typeRule,
  keyRule,
  {
    name: 'stated-size-is-bytes',
    quirk: 'byte size used as unit count (reads up to twice the stated size)',
    reason: 'the size is in bytes (protocol.md 3.3); what lies behind it is not part of the text',
    apply: rewrite,
  },
  {
    name: 'stated-size-is-unsigned',
    quirk: 'size is a signed int: treated as empty',
    reason: 'the field bounds the text, a huge size is no reason to lose it',
    apply: rewrite,
  },
  {
    name: 'ip-text-fills-its-field',
    quirk:
      'IP strings: UTF-8 output limited to the unit count of the array although the daemon array has twice that many bytes',
    reason: 'the daemon message has room for 2,047 bytes and a NUL',
    apply: rewrite,
  },
  {
    name: 'binary-ip-needs-its-version',
    quirk: 'binary IP block is misread as strings (Linux never negotiates 5.0)',
    reason: 'the header says 5.0, so the block is read as what it is (protocol.md 3.6)',
    apply: rewriteBinary,
  },
];

const FREEBSD_RULES: Rule<Vector>[] = [
  shortRule,
  typeRule,
  keyRule,
  {
    name: 'freebsd-size-halved',
    quirk: 'size after conversion is halved: right only for ASCII with a correct byte size',
    reason: 'the size is that of the UTF-8 text and its NUL',
    apply: rewrite,
  },
  {
    name: 'freebsd-surrogate-pairs',
    quirk: 'every surrogate, also in well-formed pairs, is dropped',
    reason: 'a pair is one character',
    apply: rewrite,
  },
  {
    name: 'freebsd-lone-surrogates',
    quirk: 'lone surrogates dropped',
    reason: 'so do we; the size that goes with it is the one of the shorter text',
    apply: rewrite,
  },
  {
    name: 'freebsd-u-f800',
    quirk: 'U+F800..U+FFFF dropped: the surrogate tests use the mask 0xdc00',
    reason: 'these are characters',
    apply: rewrite,
  },
  {
    name: 'freebsd-text-ends-at-nul',
    quirk: 'conversion does not stop at NUL: the field is converted for twice its stated size',
    reason: 'a text ends at its NUL or at its stated size',
    apply: rewrite,
  },
  {
    name: 'freebsd-plain-text',
    quirk: 'text differs from a plain conversion (size used as unit count, cut, or text behind the NUL)',
    reason: 'the text is what stands before the NUL, within its stated size, cut at a character',
    apply: rewrite,
  },
  {
    name: 'freebsd-value-ends-with-its-field',
    quirk: 'value without NUL: reads on behind the value field',
    reason: 'what lies behind the value is no part of it',
    apply: rewrite,
  },
  {
    name: 'freebsd-u32-unsigned',
    quirk: 'u32 printed as signed decimal',
    reason: 'the type is unsigned (protocol.md 3.4)',
    apply(vector, expected) {
      const digits = Buffer.from(String(view(requestOf(vector)).getUint32(28 + 528, true)));
      expected.fill(0, 528, 544);
      expected.set(digits, 528);
      view(expected).setUint32(12, digits.length + 1, true);
      return undefined;
    },
  },
  {
    name: 'freebsd-adapter-name',
    quirk: 'text behind the replaced adapter id is left over',
    reason: 'the codec knows no interfaces: it forwards the adapter id, and whoever has names for it puts them in',
    apply: rewrite,
  },
  {
    name: 'freebsd-endless-size',
    quirk: 'the reference never returns: 16-bit loop counter against a stated size above 65535',
    reason: 'the field bounds the text; the message is that of the same request with the right size',
    apply: rewrite,
  },
  {
    name: 'freebsd-sizes-unread',
    quirk: 'pipe and IC sizes are not looked at',
    reason: 'translation is bounded by the payload that arrived; the session checks the headers before',
  },
];

/** What a driver that never returns would have to say: operation and pool; the rule adds the texts. */
function headerOnly(vector: Vector, bytes: number): Uint8Array {
  const message = new Uint8Array(bytes);
  message.set(requestOf(vector).subarray(28, 30));
  return message;
}

for (const [dialect, rules, bytes] of [
  ['linux', LINUX_RULES, 7432],
  ['freebsd', FREEBSD_RULES, 7430],
] as const) {
  suite(`vectors ${dialect} host to daemon`, ({ test }) => {
    for (const engine of ENGINES) {
      test(`all, ${engine}`, () => {
        const codec = createCodec({ engine });
        const book = new RuleBook(rules);
        const wrong: string[] = [];
        let gets = 0;
        for (const vector of vectors<Vector>(`${dialect}-host-to-daemon`)) {
          const request = requestOf(vector);
          const recorded = vector.daemon_msg_hex === null ? headerOnly(vector, bytes) : unhex(vector.daemon_msg_hex);
          const expected = book.expect(vector, recorded);
          // Both drivers forward a GET without a value size, so that the daemon has no room to answer: we ask for 2,048.
          if (operationOf(request) === GET) {
            view(expected.bytes).setUint32(12, 2048, true);
            gets++;
          }
          const poisoned = new Uint8Array(bytes).fill(0xa5);
          let outcome: string | undefined;
          try {
            codec.hostToDaemon(request, { dialect, into: poisoned });
            outcome = expected.code === undefined ? difference(poisoned, expected.bytes) : `not ${expected.code}`;
          } catch (error) {
            const { code } = error as { code?: string };
            if (code === undefined || code !== expected.code) outcome = String(error);
          }
          if (outcome !== undefined) wrong.push(`${vector.name}: ${outcome}`);
        }
        assert.equal(wrong, []);
        assert.equal(book.complaints(), []);
        assert.ok(gets > 0);
      });
    }
  });
}
