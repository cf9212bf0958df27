/**
 * The typed edge against what the real drivers did: each message without a quirk, decoded with the driver's own text
 * policy and encoded again, must be the recorded bytes. The engine's translation has its own test of the same vectors.
 */
import { readFileSync } from 'node:fs';
import {
  type DaemonDialect,
  type DaemonRequestInput,
  decodeDaemonAnswer,
  decodeKvp,
  decodeUtf8,
  encodeDaemonRequest,
  encodeKvp,
  type KvpMessage,
  Operation,
  splitList,
  type TextPolicy,
  truncate,
  valueText,
} from 'hv-kvp/codec';
import { assert, suite } from '../_support/suite.js';
import { bytesOf, hexOf } from '../_support/vector-hex.js';

interface Vector {
  name: string;
  request_hex: string;
  daemon_msg_hex?: string | null;
  daemon_reply_hex?: string;
  response_hex?: string;
  registered_op?: number;
  before?: unknown;
  quirk?: string;
}

function plainVectors(file: string): Vector[] {
  const lines = readFileSync(`test/vectors/driver/${file}.jsonl`, 'utf8').trim().split('\n');
  const plain = (vector: Vector) =>
    vector.quirk === undefined && vector.before === undefined && vector.registered_op !== 4;
  return lines.map((line) => JSON.parse(line) as Vector).filter(plain);
}

const fit = (text: string, bytes: number) => truncate(text, { units: Number.POSITIVE_INFINITY, bytes });

/** What the driver hands over for a host's message. GET is left to the engine's rules: no driver forwards it right. */
function forwarded(message: KvpMessage): DaemonRequestInput | undefined {
  if ('body' in message) return undefined;
  const { pool } = message;
  switch (message.operation) {
    case Operation.Set:
      return { operation: 1, pool, key: fit(message.key, 511), value: fit(valueText(message.value), 2047) };
    case Operation.Delete:
      return { operation: 2, pool, key: fit(message.key, 511) };
    case Operation.Enumerate:
      return { operation: 3, pool, index: message.index };
    case Operation.GetIpInfo:
      return { operation: 4, pool, adapterId: message.ip.adapterId, family: message.ip.family };
    case Operation.SetIpInfo:
      return { operation: 5, pool, ip: message.ip };
    default:
      return undefined;
  }
}

function toDaemon(file: string, policy: TextPolicy, dialect: DaemonDialect, least: number): void {
  suite(`codec/recorded-drivers ${file}`, ({ test }) => {
    let compared = 0;
    for (const { name, request_hex, daemon_msg_hex } of plainVectors(file)) {
      const body = bytesOf(request_hex).subarray(28);
      const kept = IP_BYTES_NOT_TEXT.has(name);
      if (daemon_msg_hex == null || kept || body[0] === Operation.Get || body[0]! > Operation.SetIpInfo) continue;
      // Neither driver looks at the length; we do, and a message that ends early is another test's.
      if (body.length < [2576, 2576, 520, 8, 259, 7428][body[0]!]!) continue;
      compared++;
      test(name, () => {
        const request = forwarded(decodeKvp(body, { text: policy }))!;
        assert.is(hexOf(encodeDaemonRequest(request, { dialect })), hexOf(bytesOf(daemon_msg_hex)));
      });
    }
    test(`at least ${least} vectors were compared`, () => assert.ok(compared >= least, `${compared}`));
  });
}

/** A DHCP byte of 2 is a boolean to us; the engine keeps the byte. */
const IP_BYTES_NOT_TEXT = new Set(['SET_IP_INFO dhcp byte 2, family 0xff', 'GET_IP_INFO family and dhcp bytes 0xff']);

toDaemon('linux-host-to-daemon', 'linux', 'linux', 90);
toDaemon('freebsd-host-to-daemon', 'freebsd', 'freebsd', 20);

suite('codec/recorded-drivers linux-daemon-to-host', ({ test }) => {
  let compared = 0;
  for (const { name, request_hex, daemon_reply_hex, response_hex } of plainVectors('linux-daemon-to-host')) {
    const request = bytesOf(request_hex).subarray(28);
    const operation = request[0]!;
    if (IP_BYTES_NOT_TEXT.has(name)) continue;
    const { status, key, value, ip } = decodeDaemonAnswer(bytesOf(daemon_reply_hex!), operation);
    if (status !== 0 || (operation !== Operation.Enumerate && operation !== Operation.GetIpInfo)) continue;
    compared++;
    test(name, () => {
      const asked = decodeKvp(request, { text: 'linux' });
      const pool = asked.pool;
      const answer: KvpMessage =
        'index' in asked
          ? {
              operation: 3,
              pool,
              index: asked.index,
              key: decodeUtf8(key!, 'linux'),
              value: { type: 1, text: decodeUtf8(value!, 'linux') },
            }
          : { operation: 4, pool, ip: { ...ip!, ...listsOf(ip!) } };
      const body = encodeKvp(answer, { text: 'linux', limits: 'guest' });
      assert.is(hexOf(body), hexOf(bytesOf(response_hex!).subarray(28, 28 + body.length)));
    });
  }
  test('at least 40 vectors were compared', () => assert.ok(compared >= 40, `${compared}`));
});

function listsOf(ip: { addresses: string; subnets: string; gateways: string; dns: string }) {
  const { addresses, subnets, gateways, dns } = ip;
  return {
    addresses: splitList(addresses),
    subnets: splitList(subnets),
    gateways: splitList(gateways),
    dns: splitList(dns),
  };
}
