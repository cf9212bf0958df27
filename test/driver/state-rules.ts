/**
 * Where the session is deliberately better than the Linux driver, per vector and per event: what is seen instead of
 * what was recorded. Each rule stands in docs/differences.md with its reason. An event that a rule does not name must
 * be exactly as recorded.
 */
import { Status } from '#internal';
import { bytesOf, hexOf } from '../_support/vector-hex.js';
import { line, recorded, type Seen, type StateVector } from './state-script.js';

export interface StateRule {
  name: string;
  reason: string;
  /** vector name → event index → what is seen. */
  vectors: Record<string, (vector: StateVector) => Record<number, Seen>>;
}

const WRITTEN = 7432;
const zeros = (count: number) => '00'.repeat(count);

const nothing: Seen = { results: [], effects: [] };
const effects = (...lines: string[]): Seen => ({ results: [], effects: lines });
const results = (...lines: string[]): Seen => ({ results: lines, effects: [] });

/** The answer that the driver gives alone to the packet of an event: the request with a status and response flags. */
function alone(vector: StateVector, event: number, at: number, status: number): string {
  const { hex, transaction_id } = vector.events[event]!;
  const payload = bytesOf(hex!);
  new DataView(payload.buffer).setUint32(20, status, true);
  payload[25] = 5;
  return line(at, 'to_host', transaction_id, hexOf(payload));
}

/** An ENUMERATE request as the daemon reads it. */
const enumerate = (pool: number, index: number) =>
  `03${pool.toString(16).padStart(2, '0')}0000${index.toString(16).padStart(2, '0')}${zeros(WRITTEN - 5)}`;

/** Of the recording: the lines of another event with their time changed. */
const later = (seen: Seen, at: number): Seen => ({
  results: seen.results.map((text) => text.replace(/^\d+/, String(at))),
  effects: seen.effects.map((text) => text.replace(/^\d+/, String(at))),
});

export const STATE_RULES: StateRule[] = [
  {
    name: 'a bad pointer loses nothing',
    reason: 'a transport copies for the caller before it asks the driver, so a message that cannot be delivered stays',
    vectors: {
      'registration reply read with a bad pointer': () => ({
        3: results(line(3, 'read_result', WRITTEN, `64000000332e31${zeros(WRITTEN - 7)}`)),
      }),
      'request read with a bad pointer: lost, times out': () => ({
        5: results(line(12, 'read_result', WRITTEN, enumerate(2, 0))),
      }),
    },
  },
  {
    name: 'a request waits while an answer is owed',
    reason: 'messages carry no number: an answer that comes after a timeout would be taken for the next request’s',
    vectors: {
      // The daemon never answers request 7, so what it writes counts as that answer; request 8 comes after it.
      'timeout, then the next request is served': () => ({
        6: nothing,
        7: results(line(32001, 'read_result', 'would_block')),
        8: { results: [line(32002, 'write_result', 'EINVAL')], effects: [line(32002, 'daemon_wake')] },
      }),
      'stale answer taken for the next request': (vector) => ({
        6: nothing,
        7: { results: [line(31600, 'write_result', 'EINVAL')], effects: [line(31600, 'daemon_wake')] },
        9: {
          results: [line(31602, 'write_result', WRITTEN)],
          effects: [answerOfLateScript(vector)],
        },
      }),
      'suspend with a request in progress, stale answer after resume': () => ({
        8: nothing,
        9: { results: [line(401, 'write_result', 'EINVAL')], effects: [line(401, 'daemon_wake')] },
      }),
    },
  },
  {
    name: 'an unread request is withdrawn when it times out',
    reason: 'left in the message slot it fails the requests behind it and is then delivered stale',
    vectors: {
      'queued second request after a timeout with an unread message': (vector) => ({
        6: effects(alone(vector, 3, 31000, Status.Fail), line(31000, 'daemon_wake')),
        8: nothing,
      }),
    },
  },
  {
    name: 'an unknown service is answered',
    reason: 'swallowed, the host learns nothing and waits for its own timeout',
    vectors: {
      'packet of another IC type is dropped, next packet waits for an interrupt': (vector) => ({
        4: effects(alone(vector, 3, 11, Status.NotSupported), line(11, 'daemon_wake')),
        6: nothing,
      }),
    },
  },
  {
    name: 'a dropped packet does not hold up the ring',
    reason: 'the packets behind it would wait for an interrupt that the host has no reason to send',
    vectors: {
      'short packet dropped, next packet in the ring waits': (vector) => ({
        4: later(recorded(vector)[6]!, 11),
        6: nothing,
      }),
    },
  },
  {
    name: 'suspend keeps the registration as it is and withdraws an unread request',
    reason: 'a state forced to ready refuses the daemon’s registration and hands requests to nobody',
    vectors: {
      'suspend with an unread request, next request after resume': () => ({
        7: effects(line(400, 'daemon_wake')),
        9: results(line(402, 'read_result', WRITTEN, enumerate(2, 1))),
      }),
      'suspend while the daemon has the device open but unregistered': (vector) => ({
        3: nothing,
        4: { results: [line(301, 'write_result', WRITTEN)], effects: [line(301, 'daemon_wake')] },
        5: nothing,
        6: {
          results: [line(401, 'read_result', WRITTEN, `64000000332e31${zeros(WRITTEN - 7)}`)],
          effects: [later(recorded(vector)[3]!, 401).effects[0]!, line(401, 'daemon_wake')],
        },
      }),
    },
  },
  {
    name: 'a request is translated when it is taken',
    reason: 'there is no second work queue, so nothing can be held up between the ring and the device',
    vectors: {
      'timeout while the conversion work has not run yet': () => ({ 4: effects(line(10, 'daemon_wake')) }),
      'held interrupt: two requests, work runs late': () => ({ 4: effects(line(10, 'daemon_wake')), 6: nothing }),
    },
  },
];

/** The stale answer of the recording ("answer0" = "old") with the text of the daemon's real one ("answer1" = "new"). */
function answerOfLateScript(vector: StateVector): string {
  return later(recorded(vector)[7]!, 31602)
    .effects[0]!.replace(utf16('answer0'), utf16('answer1'))
    .replace(utf16('old'), utf16('new'));
}

const utf16 = (text: string) => Buffer.from(text, 'utf16le').toString('hex');
