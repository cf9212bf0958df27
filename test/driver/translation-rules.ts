/**
 * Vectors of the translation that the session does not let through to a daemon: what it answers instead. Each rule
 * stands in docs/differences.md with its reason. What the translation itself does differently is the codec's business.
 */
import { Status } from '#internal';
import {
  ENUMERATE_KEY,
  ENUMERATE_VALUE,
  echo,
  operationOf,
  rewriteForHost,
  SET_VALUE,
} from '../_support/translation-fields.js';

const VALUE_SIZE_AT = 12;
const VALUE_BYTES = 2048;

export interface RefusalRule {
  name: string;
  status: number;
  /** vector file → names of the vectors. */
  vectors: Record<string, string[]>;
}

export const REFUSAL_RULES: RefusalRule[] = [
  {
    name: 'the session checks the operation',
    status: Status.NotSupported,
    vectors: {
      'linux-host-to-daemon': [
        'unknown operation 6',
        'unknown operation 50',
        'unknown operation 99',
        'unknown operation 101',
        'unknown operation 200',
      ],
      'linux-daemon-to-host': [
        'unknown op 6 error NOT_SUPPORTED',
        'unknown op 6 success, key and value filled',
        'unknown op 255 success, empty body',
      ],
      'freebsd-host-to-daemon': ['unknown operation 6'],
      'freebsd-daemon-to-host': ['unknown op 6 success, empty body', 'unknown op 6 success, key and value filled'],
    },
  },
  {
    name: 'the session checks the pool',
    status: Status.InvalidArgument,
    vectors: {
      'linux-host-to-daemon': ['SET pool 255 ascii', 'ENUMERATE pool 255 index 0', 'DELETE pool 255'],
    },
  },
  {
    name: 'the session checks the length',
    status: Status.InvalidArgument,
    vectors: {
      'linux-host-to-daemon': [
        'ENUMERATE 32 payload bytes (index missing)',
        'SET payload 32 bytes (header only)',
        'SET payload ends after the key, stale value of an earlier SET',
      ],
      'freebsd-host-to-daemon': [
        'SET_IP_INFO cut short after the addresses',
        'SET payload ends after the key',
        'SET payload 32 bytes (header only)',
      ],
    },
  },
  {
    name: 'the session checks the key size',
    status: Status.InvalidArgument,
    vectors: {
      'linux-host-to-daemon': [
        'SET key size 0 (text present)',
        'SET key size 513',
        'SET key size 0x80000000',
        'SET key size 0xffffffff',
        'GET key size larger than 512',
      ],
      'freebsd-host-to-daemon': ['SET key size 0 (text present)', 'SET key size 0x7fffffff', 'SET key size 0xffffffff'],
    },
  },
  {
    name: 'the session checks the texts',
    status: Status.InvalidArgument,
    vectors: {
      'linux-host-to-daemon': [
        'SET value lone high surrogate in the middle',
        'SET value reversed pair',
        'SET value high surrogate at the end',
        'SET value high surrogate twice then low',
        'SET value only a high surrogate',
        'SET value high then BMP above 7F',
        'SET key lone high surrogate in the middle',
        'SET value embedded NUL',
        'SET key embedded NUL',
        'SET value size larger than the text, NUL present',
        'SET key 171 cjk (513 bytes: cut)',
        'SET key 171 cjk + x (cut, later short character)',
        'SET value 1024 cyrillic no NUL (2048 bytes: cut to 2046)',
        'SET value 683 cjk + x (cut, later short character)',
        'SET value 1023 cjk (cut)',
        'SET value 681 cjk + emoji that does not fit',
        'DELETE lone surrogate',
        'SET_IP_INFO lone surrogates and embedded NUL',
      ],
      'freebsd-host-to-daemon': [
        'SET value lone low surrogate in the middle',
        'SET value reversed pair',
        'SET value low surrogate at the end',
        'SET value high surrogate twice then low',
        'SET value only low surrogates',
        'SET value high then BMP above 7F',
        'SET key reversed pair',
        'SET value embedded NUL',
        'SET value NUL first',
        'SET key size larger than the text, NUL present',
        'SET value size larger than the text, NUL present',
        'SET value 683 cjk (cut)',
        'DELETE lone surrogate',
        'SET_IP_INFO lone surrogates and embedded NUL',
      ],
    },
  },
  {
    name: 'the session checks the value type',
    status: Status.InvalidArgument,
    vectors: {
      'linux-host-to-daemon': [
        'SET value type 3 (string bytes)',
        'SET value type 7 (string bytes)',
        'SET value type 256 (string bytes)',
        'SET value type 4294967295 (string bytes)',
      ],
      'freebsd-host-to-daemon': ['SET value type 0 (string bytes)', 'SET value type 4294967295 (string bytes)'],
    },
  },
  {
    name: 'the session checks the pipe header',
    status: Status.InvalidArgument,
    vectors: { 'freebsd-host-to-daemon': ['SET ic message size 0xffff, pipe length 0'] },
  },
];

/** Both kernels forward no value size with GET, so that the daemon copies nothing; here it asks for a whole value. */
export const GET_WORKS = {
  name: 'GET works',
  vectors: {
    'linux-host-to-daemon': [
      'GET pool 0',
      'GET pool 1',
      'GET pool 3',
      'GET with value and type filled',
      'GET empty key',
    ],
    'freebsd-host-to-daemon': ['GET with value and type filled'],
  } as Record<string, string[]>,
  /** The recorded daemon message with the value size that makes GET work. */
  expected(recorded: Uint8Array): Uint8Array {
    new DataView(recorded.buffer).setUint32(VALUE_SIZE_AT, VALUE_BYTES, true);
    return recorded;
  },
};

/** FreeBSD's driver leaves the rest of the adapter id behind the interface name that it puts there. */
export const INTERFACE_NAMES = {
  name: 'nothing stays behind an interface name',
  adapterId: '{6e1b2a3c-0001-4abc-9def-0123456789ab}',
  interfaceName: 'hn0',
  applies: (recorded: Uint8Array) => Buffer.from(recorded.subarray(4, 8)).equals(Buffer.from('hn0\0')),
  /** The codec's message, which has the adapter id, with the name in its place. */
  expected(message: Uint8Array): Uint8Array {
    message.fill(0, 4, 260);
    message.set(Buffer.from('hn0'), 4);
    return message;
  },
};

const ENUMERATE = 3;
const GET = 0;
const WHOLE_REQUEST = 28 + 2580;

/** The codec refuses a text that is not UTF-8, as Linux does; the session shows it. */
export const REPLACEMENT = {
  name: 'invalid UTF-8 is replaced',
  applies: (request: Uint8Array, answer: Uint8Array, translated: Uint8Array) =>
    [ENUMERATE, GET].includes(operationOf(request)) &&
    request.length >= WHOLE_REQUEST &&
    wordAt(answer, 0) === Status.Ok &&
    wordAt(translated, 20) === Status.Fail,
  expected(request: Uint8Array, answer: Uint8Array): Uint8Array {
    const response = new Uint8Array(request.length);
    echo(request, response, Status.Ok);
    const isGet = operationOf(request) === GET;
    response[isGet ? 32 : 36] = 1;
    for (const text of isGet ? [SET_VALUE] : [ENUMERATE_KEY, ENUMERATE_VALUE]) rewriteForHost(answer, response, text);
    return response;
  },
};

const wordAt = (bytes: Uint8Array, at: number) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
