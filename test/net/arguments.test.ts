import { MisuseError } from 'hv-kvp';
import * as net from 'hv-kvp/net';
import { assert, suite } from '../_support/suite.js';
import { temporaryFolder } from '../_support/temporary-folder.js';

const WRONG_NUMBERS = [Number.NaN, -1, 1.5, 2 ** 31, 2 ** 32 + 5, 2 ** 53, Number.POSITIVE_INFINITY];
const WRONG_KINDS = [1n, null, {}, [], true, Symbol('s'), () => {}];
const NO_TEXT = [...WRONG_NUMBERS, ...WRONG_KINDS, undefined];
const NO_OBJECT = [...WRONG_NUMBERS, 1n, null, undefined, true, 'text', Symbol('s'), []];
const NO_FUNCTION = [...WRONG_NUMBERS, 1n, null, {}, [], true, 'text'];
const NO_NUMBER = [...WRONG_NUMBERS, ...WRONG_KINDS, '5'];
const NO_PATH = [...WRONG_NUMBERS, 1n, null, {}, [], true, '', 'a\0b'];

const root = temporaryFolder();
const facts = { interfaces: () => [], refresh: async () => {} } as unknown as net.NetFacts;
const TARGET = { name: 'eth0', index: 2, mac: '00:15:5D:00:00:01' };
const WANTED: net.IpConfiguration = {
  dhcp: false,
  addresses: [{ family: 4, text: '192.0.2.10', prefix: 24 }],
  gateways: ['192.0.2.1'],
  dns: [],
};
const TEXT: net.WantedText = { dhcp: false, addresses: '', subnets: '', gateways: '', dns: '' };
const signal = new AbortController().signal;
const changer = net.createNetChanger({ facts, root, stateDir: `${root}/state` });
const port = net.createNetPort({ facts, lookUp: () => 'eth0' });

type Call = (value: never) => unknown;

/** What is wrong of a configuration: the argument's name with its part, and values of it. */
const OF_WANTED: [name: string, values: readonly unknown[], make: (value: never) => unknown][] = [
  ['wanted', NO_OBJECT, (value) => value],
  ['wanted.dhcp', [0, 1, 'yes', null, undefined], (dhcp) => ({ ...WANTED, dhcp })],
  [
    'wanted.addresses',
    ['x', null, undefined, {}, Array(1_025).fill(WANTED.addresses[0])],
    (addresses) => ({ ...WANTED, addresses }),
  ],
  ['wanted.addresses[0]', [null, 5, 'x'], (address) => ({ ...WANTED, addresses: [address] })],
  [
    'wanted.addresses[0].family',
    [...NO_NUMBER, 6],
    (family) => ({ ...WANTED, addresses: [{ ...WANTED.addresses[0], family }] }),
  ],
  [
    'wanted.addresses[0].prefix',
    [...NO_NUMBER, 33],
    (prefix) => ({ ...WANTED, addresses: [{ ...WANTED.addresses[0], prefix }] }),
  ],
  [
    'wanted.addresses[0].text',
    [...NO_TEXT, '', 'x', '192.0.2.01', '2001:DB8::1'],
    (text) => ({ ...WANTED, addresses: [{ ...WANTED.addresses[0], text }] }),
  ],
  ['wanted.gateways[0]', [...NO_TEXT, '', '$(id)'], (gateway) => ({ ...WANTED, gateways: [gateway] })],
  ['wanted.dns[0]', [...NO_TEXT, '', '192.0.2.53 '], (server) => ({ ...WANTED, dns: [server] })],
];

const CASES: [title: string, name: string, values: readonly unknown[], call: Call][] = [
  ['lookUpByName', 'facts', [...NO_OBJECT, {}], (value) => net.lookUpByName(value)],
  ['lookUpByName()', 'adapterId', NO_TEXT, (value) => net.lookUpByName(facts)(value)],
  ['lookUpInSysfs', 'files', NO_OBJECT.filter((value) => value !== undefined), (value) => net.lookUpInSysfs(value)],
  ['lookUpInSysfs()', 'adapterId', NO_TEXT, (value) => net.lookUpInSysfs()(value)],
  ['createNetChanger', 'options', NO_OBJECT, (value) => net.createNetChanger(value)],
  ['createNetChanger', 'facts', [...NO_OBJECT, {}], (value) => net.createNetChanger({ facts: value })],
  [
    'createNetChanger',
    'manager',
    [...NO_PATH, 'netplan ', 'windows'],
    (manager) => net.createNetChanger({ facts, manager }),
  ],
  ['createNetChanger', 'stateDir', NO_PATH, (stateDir) => net.createNetChanger({ facts, stateDir })],
  ['createNetChanger', 'root', NO_PATH, (value) => net.createNetChanger({ facts, root: value })],
  ['createNetChanger', 'withinMs', [...NO_NUMBER, 0], (withinMs) => net.createNetChanger({ facts, withinMs })],
  ['createNetChanger', 'onEvent', NO_FUNCTION, (onEvent) => net.createNetChanger({ facts, onEvent })],
  ['createNetChanger', 'run', NO_FUNCTION, (run) => net.createNetChanger({ facts, run })],
  ['createNetChanger', 'probe', NO_FUNCTION, (probe) => net.createNetChanger({ facts, probe })],
  ['createNetChanger', 'kernel', [null, {}, 5, 'x'], (kernel) => net.createNetChanger({ facts, kernel })],
  ['createNetChanger', 'backends', [{}, 'x', 5, null], (backends) => net.createNetChanger({ facts, backends })],
  ['NetChanger.plan', 'interfaceName', NO_TEXT, (name) => changer.plan(name, WANTED)],
  ['NetChanger.apply', 'interfaceName', NO_TEXT, (name) => changer.apply(name, WANTED)],
  ['NetChanger.apply', 'signal', NO_FUNCTION, (value) => changer.apply('eth0', WANTED, value)],
  ['NetChanger.change', 'interfaceName', NO_TEXT, (name) => changer.change(name, WANTED, signal)],
  ['NetChanger.rollBack', 'signal', NO_FUNCTION, (value) => changer.rollBack(value)],
  ['createNetFacts', 'options', NO_OBJECT.filter((value) => value !== undefined), (value) => net.createNetFacts(value)],
  ['createNetFacts', 'refreshMs', [...NO_NUMBER, 0], (refreshMs) => net.createNetFacts({ refreshMs })],
  ['createNetFacts', 'root', NO_PATH, (value) => net.createNetFacts({ root: value })],
  ['createNetFacts', 'onError', NO_FUNCTION, (onError) => net.createNetFacts({ onError })],
  ['createNetFacts', 'wallClock', NO_FUNCTION, (wallClock) => net.createNetFacts({ wallClock })],
  ['createNetFacts', 'kernel', [null, {}, 5, 'x'], (kernel) => net.createNetFacts({ kernel })],
  ['createNetPort', 'options', NO_OBJECT, (value) => net.createNetPort(value)],
  ['createNetPort', 'facts', [...NO_OBJECT, {}], (value) => net.createNetPort({ facts: value })],
  ['createNetPort', 'change', NO_FUNCTION, (change) => net.createNetPort({ facts, change })],
  ['createNetPort', 'lookUp', NO_FUNCTION, (lookUp) => net.createNetPort({ facts, lookUp })],
  ['NetOfDaemon.ipInfoByMac', 'mac', NO_TEXT, (mac) => port.ipInfoByMac(mac)],
  ['NetOfDaemon.addresses', 'family', [...NO_NUMBER, 0, 5], (family) => port.addresses(family)],
  ['NetOfDaemon.setIpInfo', 'wanted', NO_OBJECT, (value) => port.setIpInfo(value, signal)],
  ['NetOfDaemon.setIpInfo', 'wanted.adapterId', NO_TEXT, (adapterId) => port.setIpInfo({ ...TEXT, adapterId }, signal)],
  [
    'NetOfDaemon.setIpInfo',
    'signal',
    [...NO_FUNCTION, undefined],
    (value) => port.setIpInfo({ ...TEXT, adapterId: 'A' }, value),
  ],
  [
    'interfaceByName',
    'interfaces',
    [...NO_OBJECT.filter((value) => !Array.isArray(value)), {}],
    (list) => net.interfaceByName(list, 'eth0'),
  ],
  ['interfaceByName', 'name', NO_TEXT, (name) => net.interfaceByName([], name)],
  ['parseWanted', 'text', NO_OBJECT, (value) => net.parseWanted(value)],
  ['parseWanted', 'text.dhcp', [0, 1, 'yes', null, undefined], (dhcp) => net.parseWanted({ ...TEXT, dhcp })],
  ...(['addresses', 'subnets', 'gateways', 'dns'] as const).map((field): (typeof CASES)[number] => [
    'parseWanted',
    `text.${field}`,
    NO_TEXT,
    (value) => net.parseWanted({ ...TEXT, [field]: value }),
  ]),
  ['planText', 'plan', NO_OBJECT, (value) => net.planText(value)],
  ['planText', 'plan.differences', [{}], (value) => net.planText(value)],
  ['unifiedDiff', 'change', NO_OBJECT, (value) => net.unifiedDiff(value)],
  ['unifiedDiff', 'change.path', NO_TEXT, (path) => net.unifiedDiff({ path, before: '', after: '', mode: 0 })],
  [
    'unifiedDiff',
    'change.before',
    [5, null, {}],
    (before) => net.unifiedDiff({ path: '/a', before, after: '', mode: 0 }),
  ],
  [
    'unifiedDiff',
    'change.after',
    [5, null, {}],
    (after) => net.unifiedDiff({ path: '/a', before: '', after, mode: 0 }),
  ],
  ['planTree', 'request', NO_OBJECT, (value) => net.planTree(value)],
  ['planTree', 'root', NO_PATH, (value) => net.planTree({ root: value, target: TARGET, wanted: WANTED })],
  [
    'planTree',
    'manager',
    [...NO_PATH, 'windows'],
    (manager) => net.planTree({ root, target: TARGET, wanted: WANTED, manager }),
  ],
  ['planTree', 'target', NO_OBJECT, (target) => net.planTree({ root, target, wanted: WANTED })],
  ['planTree', 'target.name', NO_TEXT, (name) => net.planTree({ root, target: { ...TARGET, name }, wanted: WANTED })],
  [
    'planTree',
    'target.index',
    NO_NUMBER,
    (index) => net.planTree({ root, target: { ...TARGET, index }, wanted: WANTED }),
  ],
  [
    'planTree',
    'target.mac',
    [5, null, {}],
    (mac) => net.planTree({ root, target: { ...TARGET, mac }, wanted: WANTED }),
  ],
  ...(['permanentMac', 'kind'] as const).map((key): (typeof CASES)[number] => [
    'planTree',
    `target.${key}`,
    [5, null, {}],
    (value) => net.planTree({ root, target: { ...TARGET, [key]: value }, wanted: WANTED }),
  ]),
  ...OF_WANTED.flatMap(([name, values, make]): (typeof CASES)[number][] => [
    ['planTree', name, values, (value) => net.planTree({ root, target: TARGET, wanted: make(value) as never })],
    ['NetChanger.plan', name, values, (value) => changer.plan('eth0', make(value) as never)],
    ['NetChanger.apply', name, values, (value) => changer.apply('eth0', make(value) as never)],
    ['NetChanger.change', name, values, (value) => changer.change('eth0', make(value) as never, signal)],
  ]),
];

suite('a wrong argument', ({ test }) => {
  for (const [title, name, values, call] of CASES)
    test(`${name} of ${title} is named by a MisuseError`, async () => {
      for (const value of values) {
        const failure: unknown = await (async () => call(value as never))().then(
          () => undefined,
          (error: unknown) => error,
        );
        assert.ok(failure instanceof MisuseError, `${String(value)}: ${failure}`);
        assert.is(failure.message.slice(0, name.length), name, failure.message);
      }
    });

  test('is looked for in every function that the room exports', () => {
    const functions = Object.entries(net).filter(([, value]) => typeof value === 'function');
    assert.equal(
      functions.map(([name]) => name).filter((name) => !CASES.some(([title]) => title === name)),
      [],
    );
  });
});
