/**
 * Where our daemon differs from the stock one on purpose. Each rule has a name and a reason, says which recorded
 * exchanges it is about, and what happens instead. A difference that no rule names, and a rule that names none, fail.
 */
import type { RecordedExchange } from './recorded-daemon.js';

export interface IntendedDifference {
  name: string;
  reason: string;
  exchanges: Record<string, Outcome>;
}

interface Outcome {
  status: number;
  /** The value that a GET gives. */
  value?: string;
  /** The pool's records [key, value] afterwards, where they differ from the recorded ones. */
  records?: [string, string][];
}

const OK = 0;
const INVALID_ARGUMENT = 0x80070057;
const NOT_SUPPORTED = 0x80070032;
const NO_MORE_ITEMS = 0x80070103;
const FAIL = 0x80004005;

const THREE: [string, string][] = [
  ['alpha', 'one'],
  ['beta', 'two'],
  ['gamma', 'three'],
];

export const intendedDifferences: readonly IntendedDifference[] = [
  {
    name: 'impossible key sizes are refused',
    reason: 'size 0 hits the first record of the stock daemon, a negative one kills it; no key has such a size',
    exchanges: {
      'get/key_size-0-matches-first': { status: INVALID_ARGUMENT },
      'get/key_size-513': { status: INVALID_ARGUMENT },
      'set/key_size-0-empty-pool': { status: INVALID_ARGUMENT, records: [] },
      'set/key_size-513': { status: INVALID_ARGUMENT },
      'delete/key_size-0-removes-first': { status: INVALID_ARGUMENT, records: THREE },
      'delete/key_size-513': { status: INVALID_ARGUMENT },
      'crash/set-key_size-minus1': { status: INVALID_ARGUMENT, records: THREE },
      'crash/delete-key_size-int-min': { status: INVALID_ARGUMENT, records: THREE },
    },
  },
  {
    name: 'keys match exactly',
    reason: 'without a NUL within the key size the stock daemon compares prefixes and hits other records',
    exchanges: {
      'get/prefix-no-nul': { status: OK, value: 'two' },
      'set/prefix-no-nul-overwrites-longer': {
        status: OK,
        records: [
          ['betamax', 'x'],
          ['beta', 'y'],
        ],
      },
      'delete/prefix-no-nul': { status: OK, records: [['betamax', 'x']] },
    },
  },
  {
    name: 'a value of size 0 is refused',
    reason: 'the driver could not convert the value; answering OK and keeping the old one tells the host a lie',
    exchanges: { 'set/value_size-0': { status: INVALID_ARGUMENT } },
  },
  {
    name: 'DELETE removes every record with the key',
    reason: 'a twin would reappear',
    exchanges: { 'delete/duplicate-removes-first': { status: OK, records: [['x', 'x']] } },
  },
  {
    name: 'SET leaves one record with the key',
    reason: 'who reads the last record would see the old value for ever',
    exchanges: {
      'set/duplicate-modifies-first': {
        status: OK,
        records: [
          ['d', '9'],
          ['x', 'x'],
        ],
      },
    },
  },
  {
    name: 'unknown operations are not supported',
    reason: 'the stock daemon says OK to what it has not done',
    exchanges: {
      'op/unknown-6': { status: NOT_SUPPORTED },
      'op/unknown-100': { status: NOT_SUPPORTED },
      'op/unknown-255': { status: NOT_SUPPORTED },
    },
  },
  {
    name: 'the loopback is not offered',
    reason: 'it is no adapter of the virtual machine; the stock daemon answers with an empty configuration',
    exchanges: { 'ip/get-lo': { status: FAIL } },
  },
  {
    name: 'no request ends the daemon',
    reason: 'the stock daemon dies of these',
    exchanges: {
      'crash/get-value_size-minus1': { status: NO_MORE_ITEMS },
      'crash/enum-index-int-min': { status: NO_MORE_ITEMS },
      'crash/pool255-enum': { status: INVALID_ARGUMENT },
    },
  },
];

export interface Intended {
  rule: string;
  answer: { status: number; value: string; bodyChanged: boolean };
  /** In the form of the recordings. */
  records?: [string, string][];
}

export function intendedDifferenceFor({ name }: RecordedExchange): Intended | undefined {
  const rule = intendedDifferences.find(({ exchanges }) => exchanges[name] !== undefined);
  const outcome = rule?.exchanges[name];
  if (rule === undefined || outcome === undefined) return undefined;
  const { status, value = '', records } = outcome;
  return {
    rule: rule.name,
    answer: { status, value, bodyChanged: value !== '' },
    ...(records && { records: records.map(([key, text]) => [hex(key), hex(text)]) }),
  };
}

/** The parts of an answer that rules speak of: of a refused request nothing but the status word may change. */
export function differenceFrom(request: Buffer, answer: Buffer): Intended['answer'] {
  const bodyChanged = !request.subarray(4).equals(answer.subarray(4));
  const value = bodyChanged ? answer.subarray(GET_VALUE, answer.indexOf(0, GET_VALUE)).toString() : '';
  return { status: answer.readUInt32LE(0), value, bodyChanged };
}

const GET_VALUE = 528;
const hex = (text: string) => Buffer.from(text).toString('hex');
