import * as codec from 'hv-kvp/codec';
import * as codecJs from 'hv-kvp/codec/js';
import { assert } from '../_support/suite.js';
import type { Attempt, RoomCalls } from './calls.js';

const { Operation, Pool, version } = codec;

const IP = {
  adapterId: 'm',
  family: 1,
  dhcp: false,
  addresses: ['10.0.0.5'],
  subnets: ['255.255.255.0'],
  gateways: ['10.0.0.1'],
  dns: ['10.0.0.2'],
  origins: [1],
};
const IP_TEXT = codec.toIpInfoText(IP);
const SET = { operation: Operation.Set, pool: Pool.External, key: 'k', value: { type: 1, text: 'v' } };
const ASK = { operation: Operation.Enumerate, pool: Pool.Auto, index: 1 };
const OFFER = { frameworks: [version(1), version(3)], messages: [version(3), version(4)] };
const OPTIONS = { version: version(4), text: 'strict' };
const into = (bytes = 8000): Uint8Array => new Uint8Array(bytes);

const setRequest = codec.encodeKvpRequest(SET as never);
const askRequest = codec.encodeKvpRequest(ASK as never);
const binary = codec.encodeKvp({ operation: 4, pool: 1, ip: IP }, { version: version(5) });
const daemonRequest = codec.encodeDaemonRequest({ operation: 1, pool: 0, key: 'k', value: 'v' });
const daemonIp = (): Uint8Array =>
  codec.answerIpInfo(codec.encodeDaemonRequest({ operation: 4, pool: 1, adapterId: 'm' }), IP_TEXT);
const record = codec.encodeRecord({ key: 'k', value: 'v' });
const answer = codec.encodeKvpResponse({ ...ASK, key: 'k', value: { type: 1, text: 'v' } } as never);
const negotiation = codec.encodeNegotiateRequest(OFFER);
const agreed = codec.answerNegotiation(negotiation, codec.linuxPolicy()).response;
const ic = { framework: version(3), type: 2, message: version(4), status: 0, transaction: 0, flags: 3 };

/** Packets of a trace, as a ring holds them. */
function trace(): Uint8Array {
  const payload = new Uint8Array(8);
  const bytes = new Uint8Array(16 + payload.length + 8);
  const view = new DataView(bytes.buffer);
  for (const [at, word] of [6, 2, 3, 0].entries()) view.setUint16(2 * at, word, true);
  return bytes;
}

type Codec = typeof codec;

/** The functions of either entry; what differs between them is how a codec is made. */
function calls(module: Codec, make: () => codec.Codec, createArgs: unknown[]): RoomCalls['calls'] {
  const plain = (name: keyof Codec, ...args: unknown[]): [string, () => Attempt] => [
    name,
    () => ({ run: module[name] as Attempt['run'], args }),
  ];
  // One codec for all calls of a method: what one leaves behind shows in the next.
  const shared = make();
  const sound = (): void => {
    const [first] = shared.encodeBatch([{ operation: 1, pool: 0, key: 'k', value: 'v' }]);
    assert.is(Buffer.compare(first!, setRequest), 0);
    assert.is(shared.decodeBatch([setRequest, askRequest]).key(0), 'k');
    assert.is(shared.hostToDaemon(setRequest)[16], 0x6b);
  };
  const method = (name: keyof codec.Codec, ...args: unknown[]): [string, () => Attempt] => [
    `Codec.${name}`,
    () => ({ run: (...given) => (shared[name] as Attempt['run'])(...given), args, sound }),
  ];
  const decoded = shared.decodeBatch([setRequest, setRequest]);
  const decodedMethods = ['fault', 'operation', 'pool', 'index', 'valueType', 'status', 'transaction', 'key', 'value'];
  const names = ['of', 'find'].map((name): [string, () => Attempt] => [
    `Names.${name}`,
    () => ({
      run: (given) => (module.operationNames as unknown as Record<string, Attempt['run']>)[name]!(given),
      args: [name === 'of' ? 1 : 'set'],
    }),
  ]);
  const { engine } = shared;
  const index = (): codec.RecordIndex => {
    const made = new module.RecordIndex(engine, 4);
    made.add(record);
    return made;
  };
  const indexed = (name: 'add' | 'candidates' | 'candidatesOf', arg: unknown): [string, () => Attempt] => [
    `RecordIndex.${name}`,
    () => {
      const made = index();
      return {
        run: (given) => (made[name] as Attempt['run'])(given),
        args: [arg],
        sound: () => {
          assert.equal(made.candidates(Uint8Array.of(0x6b)).includes(0), true);
          made.free();
        },
      };
    },
  ];
  return Object.fromEntries([
    plain('answerEnumerate', daemonRequest.slice(), Uint8Array.of(1), Uint8Array.of(2)),
    plain('answerGet', daemonRequest.slice(), Uint8Array.of(1)),
    plain('answerIpInfo', daemonRequest.slice(), IP_TEXT),
    plain('answerNegotiation', negotiation, codec.linuxPolicy()),
    plain('answerStatus', daemonRequest.slice(), 0),
    plain('compareVersions', version(3), version(4)),
    ['createCodec', () => ({ run: module.createCodec as Attempt['run'], args: createArgs })],
    plain('daemonMessageBytes', 'freebsd'),
    plain('daemonToIpBinary', binary, daemonIp(), { dialect: 'linux', into: into() }),
    plain('decodeDaemonAnswer', daemonIp(), 4, { dialect: 'linux' }),
    plain('decodeDaemonRequest', daemonRequest, { dialect: 'linux' }),
    plain('decodeIpBinary', binary, { text: 'strict' }),
    plain('decodeIpString', new Uint8Array(7428), { text: 'strict' }),
    plain('decodeIpStringText', new Uint8Array(7428), { text: 'strict' }),
    plain('decodeKvp', setRequest.subarray(28), OPTIONS),
    plain('decodeKvpAnswer', answer, 3, { ...OPTIONS, framework: version(3), transaction: 0, pool: 2, index: 1 }),
    plain('decodeNegotiate', negotiation),
    plain('decodeNegotiateAnswer', agreed, OFFER),
    plain('decodePayload', setRequest),
    plain('decodeRecord', record, 0),
    plain('decodeRegistrationReply', codec.encodeRegistrationReply()),
    plain('decodeUtf16', Uint8Array.of(65, 0), 'replace'),
    plain('decodeUtf8', Uint8Array.of(65), 'replace'),
    plain('encodeDaemonRequest', { operation: 1, pool: 0, key: 'k', value: 'v' }, { dialect: 'linux', into: into() }),
    plain('encodeIpBinary', IP, { text: 'strict', into: into() }),
    plain('encodeIpString', IP, { text: 'strict', into: into() }),
    plain('encodeKvp', SET, { ...OPTIONS, limits: 'host', into: into() }),
    plain('encodeKvpRequest', ASK, { ...OPTIONS, framework: version(3), transaction: 0, into: into() }),
    plain('encodeKvpResponse', { operation: 4, pool: 1, ip: IP }, { version: version(5), status: 0, into: into() }),
    plain('encodeNegotiateRequest', OFFER, { into: into() }),
    plain('encodePayload', ic, Uint8Array.of(1), { into: into() }),
    plain('encodeRecord', { key: 'k', value: 'v' }, { into: into() }),
    plain('encodeRegistration', { dialect: 'linux', into: into() }),
    plain('encodeRegistrationReply', 100, '3.1', { into: into() }),
    plain('encodeStatusResponse', setRequest, 0, { into: into() }),
    plain('encodeUtf16', 'text', 'replace'),
    plain('encodeUtf8', 'text', 'replace'),
    plain('formatIpv4', new Uint8Array(4)),
    plain('formatIpv6', new Uint8Array(16)),
    plain('formatRemark', { what: 'w', offset: 1, expected: 1, actual: 2 }),
    plain('formatVersion', version(4)),
    plain('freebsdPolicy', { maxMessage: version(4), maxFramework: version(3) }),
    plain('hasBinaryIp', version(4)),
    plain('inspectHostRequest', setRequest, version(4)),
    plain('ipBinaryToDaemon', binary, { dialect: 'linux', into: into() }),
    plain('ipInfoRequest', 'm'),
    plain('joinList', ['a', 'b']),
    plain('linuxPolicy', { maxMessage: version(4), maxFramework: version(3) }),
    plain('measureText', 'text'),
    plain('minimumKvpBytes', 1, version(4)),
    plain('parseIpv4', '10.0.0.1'),
    plain('parseIpv6', '::1'),
    plain('parseVersion', '4.0'),
    plain('readDaemonStatus', daemonRequest),
    plain('readTrace', [trace()], { maxPacketBytes: 100 }),
    plain('recordFlaws', record, 0),
    plain('requireWithin', 'text', codec.HOST_KEY_LIMIT, 'where'),
    plain('splitList', 'a;b'),
    plain('toIpInfo', IP),
    plain('toIpInfoText', IP),
    plain('truncate', 'text', codec.HOST_KEY_LIMIT),
    plain('valueText', { type: 1, text: 'v' }),
    plain('version', 4, 0),
    plain('writeDaemonStatus', daemonRequest.slice(), 1),
    method('hostToDaemon', setRequest, { dialect: 'linux', into: into() }),
    method('daemonToHost', askRequest, new Uint8Array(7432), { dialect: 'linux', into: into() }),
    method('hostToDaemonBatch', [setRequest, askRequest], { dialect: 'linux' }),
    method('daemonToHostBatch', [askRequest], [new Uint8Array(7432)], { dialect: 'linux' }),
    method('decodeBatch', [setRequest, askRequest]),
    method('encodeBatch', [{ operation: 1, pool: 0, index: 1, key: 'k', value: 'v', type: 1 }], {
      framework: version(3),
      version: version(4),
      transaction: 0,
    }),
    ...decodedMethods.map((name): [string, () => Attempt] => [
      `DecodedBatch.${name}`,
      () => ({ run: (i) => (decoded as unknown as Record<string, Attempt['run']>)[name]!(i), args: [0] }),
    ]),
    ...names,
    [
      'EngineMemory.allocate',
      () => ({
        run: (...args: [number, number]) => engine.memory.allocate(...args).free(),
        args: [16, 16],
        sound,
      }),
    ],
    [
      'EngineMemory.allocateForCalls',
      () => ({ run: (bytes: number) => engine.memory.allocateForCalls(bytes).free(), args: [16], sound }),
    ],
    [
      'EngineMemory.allocateAll',
      () => ({
        run: (sizes: number[]) => {
          for (const region of engine.memory.allocateAll(sizes)) region.free();
        },
        args: [[16, 32]],
        sound,
      }),
    ],
    [
      'RecordIndex',
      () => ({
        run: (...args: ConstructorParameters<typeof codec.RecordIndex>) => new module.RecordIndex(...args).free(),
        args: [engine, 4],
        sound,
      }),
    ],
    indexed('add', record),
    indexed('candidates', Uint8Array.of(0x6b)),
    indexed('candidatesOf', [Uint8Array.of(0x6b)]),
    [
      'RecordChanges',
      () => ({
        run: (...args: ConstructorParameters<typeof codec.RecordChanges>) => new module.RecordChanges(...args).free(),
        args: [engine, 4],
        sound,
      }),
    ],
    [
      'RecordChanges.update',
      () => {
        const changes = new module.RecordChanges(engine, 4);
        return {
          run: (...args: [Uint8Array, number]) => changes.update(...args),
          args: [record, 0],
          sound: () => {
            changes.update(record);
            assert.equal(changes.update(record), []);
            changes.free();
          },
        };
      },
    ],
  ]);
}

const BELONGS_TO_OWNER = 'takes no argument; what it gives back must not be used afterwards';
const exempt = {
  init: 'takes no argument',
  'RecordIndex.free': BELONGS_TO_OWNER,
  'RecordChanges.free': BELONGS_TO_OWNER,
};

function room(subpath: string, module: Codec, make: () => codec.Codec, createArgs: unknown[]): RoomCalls {
  const made = make();
  const objects = {
    Codec: made,
    DecodedBatch: made.decodeBatch([setRequest, setRequest]),
    Names: module.operationNames,
    EngineMemory: made.engine.memory,
  };
  return { subpath, exports: module, calls: calls(module, make, createArgs), objects, exempt };
}

export const codecCalls = room('codec', codec, () => codec.createCodec({ memoryBytes: 4 * 1024 * 1024 }), [
  { engine: 'js', memoryBytes: 1024 * 1024 },
]);
export const codecJsCalls = room(
  'codec/js',
  codecJs as unknown as Codec,
  () => codecJs.createCodec({ memoryBytes: 4 * 1024 * 1024 }),
  [{ memoryBytes: 1024 * 1024 }],
);
