/**
 * Vectors of the translation that the session does not let through to a daemon: what it answers instead. Each rule
 * stands in docs/differences.md with its reason. What the translation itself does differently is the codec's business.
 */
import { Status } from '#internal';

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
