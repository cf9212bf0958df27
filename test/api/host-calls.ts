import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KvpError } from 'hv-kvp';
import * as host from 'hv-kvp/host';
import { ScriptedGuest } from '../_support/scripted-guest.js';
import { VirtualClock } from '../_support/virtual-clock.js';
import type { Attempt, RoomCalls } from './calls.js';

const MAC = '00:15:5D:01:02:03';
const GUID = '{4b9b9a39-0a6c-4b5c-8d3e-0123456789ab}';
const CONFIGURATION = {
  dhcp: false,
  addresses: ['10.0.0.5'],
  subnets: ['255.255.255.0'],
  gateways: ['10.0.0.1'],
  dns: ['10.0.0.2'],
};
const STATE = { items: [{ key: 'k', value: 'v' }], failover: [{ guid: GUID, configuration: CONFIGURATION }] };
const OFFER = { frameworks: [{ major: 3, minor: 0 }], messages: [{ major: 4, minor: 0 }] };
const SOCKET = join(tmpdir(), `hv-kvp-api-${process.pid}.sock`);

function machine(): { vm: host.VirtualMachine; guest: ScriptedGuest } {
  const guest = new ScriptedGuest();
  guest.ip.set(MAC, { adapterId: MAC, family: 1, ...CONFIGURATION });
  const clock = new VirtualClock();
  return { vm: new host.VirtualMachine({ channel: guest.channel.host, clock, refreshIntervalMs: 0 }), guest };
}

/** A method on a machine whose guest answers; the machine must still tell what it holds afterwards. */
function method(name: keyof host.VirtualMachine, args: unknown[], before = (_guest: ScriptedGuest) => {}) {
  return (): Attempt => {
    const { vm, guest } = machine();
    return {
      args,
      async run(...given) {
        vm.boot();
        await vm.ready();
        await vm.add('k', 'v');
        before(guest);
        await (vm[name] as (...all: unknown[]) => unknown).apply(vm, given);
        vm.stop();
      },
      sound: () => vm.list(),
    };
  };
}

/** A method of a state machine; it must open its channel afterwards. */
function state(name: keyof host.HostMachine, args: unknown[]) {
  return (): Attempt => {
    const inner = new host.HostMachine({ offer: OFFER, timeoutMs: 1_000 });
    return {
      args,
      run: (...given) => (inner[name] as unknown as (...all: unknown[]) => unknown).apply(inner, given),
      sound: () => inner.open(),
    };
  };
}

const errorsOnly = 'made by the room alone; exported for instanceof';

export const hostCalls: RoomCalls = {
  subpath: 'host',
  exports: host,
  objects: {},
  exempt: {
    RemoteError: errorsOnly,
    'RemoteError.toString': errorsOnly,
    GuestStatusError: errorsOnly,
    'GuestStatusError.toString': errorsOnly,
  },
  calls: {
    normalizeMac: () => ({ run: host.normalizeMac, args: [MAC] }),
    normalizeGuid: () => ({ run: host.normalizeGuid, args: [GUID] }),
    virtualAdapter: () => ({ run: host.virtualAdapter, args: [MAC, GUID] }),
    defaultControlPath: () => ({ run: host.defaultControlPath, args: [{ XDG_RUNTIME_DIR: '/run' }] }),
    serveControl: () => ({
      run: async (...given: Parameters<typeof host.serveControl>) => (await host.serveControl(...given)).close(),
      args: [machine().vm, SOCKET, { status: () => ({}) }],
    }),
    callControl: () => ({
      run: (...given: Parameters<typeof host.callControl>) =>
        host.callControl(...given).catch((error: unknown) => {
          // Nobody serves there.
          if (!(error instanceof KvpError && error.code === 'ERR_HOST_CONTROL')) throw error;
        }),
      args: [`${SOCKET}.none`, 'add', { key: 'k', value: 'v' }],
    }),
    answerControlLine: () => ({
      run: host.answerControlLine,
      args: [machine().vm, '{"command":"status"}', () => ({})],
    }),
    describeHost: () => ({ run: host.describeHost, args: [{ name: 'n', id: 'i', host: 'h' }] }),
    descriptionItems: () => ({
      run: host.descriptionItems,
      args: [host.describeHost({ name: 'n', id: 'i', host: 'h' })],
    }),
    oversizedPayload: () => ({ run: host.oversizedPayload, args: [4_000] }),
    stateFromText: () => ({ run: host.stateFromText, args: [host.stateToText(STATE)] }),
    stateToText: () => ({ run: host.stateToText, args: [STATE] }),
    openStateFile: () => ({ run: host.openStateFile, args: ['/nonexistent/state'] }),
    transcriptLine: () => ({
      run: host.transcriptLine,
      args: [{ direction: 'host-to-guest', at: 1, payload: new Uint8Array(4) }],
    }),
    offerUpTo: () => ({ run: host.offerUpTo, args: ['5.0'] }),

    HostMachine: () => ({
      run: (options) => new host.HostMachine(options).open(),
      args: [{ offer: OFFER, timeoutMs: 1_000, strict: true }],
    }),
    'HostMachine.open': state('open', []),
    'HostMachine.renegotiate': state('renegotiate', []),
    'HostMachine.close': state('close', []),
    'HostMachine.fail': state('fail', [new KvpError('ERR_RING_INDEX')]),
    'HostMachine.request': () => {
      const inner = new host.HostMachine({ offer: OFFER, timeoutMs: 1_000 });
      const negotiate = negotiator(inner);
      return {
        args: [{ kind: 'kvp', message: { operation: 3, pool: 1, index: 0 } }, 5],
        run(...given: Parameters<host.HostMachine['request']>) {
          negotiate();
          inner.request(...given);
        },
        sound: () => inner.open(),
      };
    },
    'HostMachine.receive': state('receive', [new Uint8Array(40)]),
    'HostMachine.tick': state('tick', [5]),

    VirtualMachine: () => ({
      run(options) {
        const vm = new host.VirtualMachine(options);
        vm.boot();
        vm.stop();
      },
      args: [
        {
          channel: new ScriptedGuest().channel.host,
          clock: new VirtualClock(),
          name: 'n',
          id: 'i',
          host: 'h',
          description: { HostName: 'h' },
          adapters: [{ mac: MAC, guid: GUID }],
          kvpVersion: '4.0',
          requestTimeoutMs: 1_000,
          refreshIntervalMs: 0,
          getBy: 'get',
          removeMissing: 'ok',
          maxEnumeration: 10,
          state: STATE,
          strict: false,
          persist: async () => {},
          tap: () => {},
        },
      ],
    }),
    'VirtualMachine.onEvent': method('onEvent', [() => {}]),
    'VirtualMachine.boot': method('boot', []),
    'VirtualMachine.saveRestore': method('saveRestore', []),
    'VirtualMachine.migrate': method('migrate', [{ HostName: 'other' }]),
    'VirtualMachine.failover': method('failover', []),
    'VirtualMachine.connect': method('connect', [new ScriptedGuest().channel.host]),
    'VirtualMachine.stop': method('stop', []),
    'VirtualMachine.ready': method('ready', []),
    'VirtualMachine.add': method('add', ['key', 'value']),
    'VirtualMachine.modify': method('modify', ['k', 'value']),
    'VirtualMachine.remove': method('remove', ['k']),
    'VirtualMachine.list': method('list', []),
    'VirtualMachine.get': method('get', ['k', { pool: 0, by: 'get' }]),
    'VirtualMachine.guestItems': method('guestItems', []),
    'VirtualMachine.intrinsics': method('intrinsics', []),
    'VirtualMachine.enumerate': method('enumerate', [1]),
    'VirtualMachine.refresh': method('refresh', []),
    'VirtualMachine.getIp': method('getIp', [MAC]),
    'VirtualMachine.setIp': method('setIp', [GUID, CONFIGURATION]),
    'VirtualMachine.setFailover': method('setFailover', [GUID, CONFIGURATION]),
    'VirtualMachine.failoverSettings': method('failoverSettings', []),
    'VirtualMachine.fault': method('fault', [{ kind: 'corrupt', on: 'get', offset: 1, mask: 1 }]),
    'VirtualMachine.clearFaults': method('clearFaults', []),
    'VirtualMachine.sendRaw': method('sendRaw', [new Uint8Array(4)], (guest) => {
      guest.raw = () => Uint8Array.of(1);
    }),
  },
};

/** A guest that answers the negotiation of a state machine, at once. */
function negotiator(machine: host.HostMachine): () => void {
  const guest = new ScriptedGuest();
  guest.channel.host.onDoorbell(() => {
    for (const { payload } of guest.channel.host.receive()) machine.receive(payload);
  });
  return () => {
    for (const output of machine.open()) if (output.kind === 'send') guest.channel.toGuest.push(output.payload);
    guest.serve();
  };
}
