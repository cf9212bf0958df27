/** The recordings of OpenVMM's host (test/vectors/openvmm) and their notation. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type KvpMessage, Operation, Pool, parseVersion, type Version } from 'hv-kvp/codec';

const folder = fileURLToPath(new URL('../../../test/vectors/openvmm/', import.meta.url));

export type RecordedOutcome = 'accepted' | 'refused' | 'channel failed' | 'waiting' | 'ready';

interface RecordedIp {
  ipv4?: boolean;
  ipv6?: boolean;
  dhcp?: boolean;
  ipv4Addresses?: { address: string; subnet: string; origin?: string }[];
  ipv6Addresses?: { address: string; prefix: number; origin?: string }[];
  ipv4Gateways?: string[];
  ipv6Gateways?: string[];
  ipv4DnsServers?: string[];
  ipv6DnsServers?: string[];
}

export interface RecordedValue {
  string?: string;
  u32?: number;
  u64?: string;
}

export interface RecordedRequest {
  op: 'set' | 'delete' | 'enumerate' | 'get-ip' | 'set-ip';
  pool?: keyof typeof POOLS;
  key?: string;
  value?: RecordedValue;
  index?: number;
  adapter?: string;
  info?: RecordedIp;
}

export interface Step {
  request: RecordedRequest;
  answers: string[];
  outcome: RecordedOutcome;
  error?: string;
  value?: 'no more items' | RecordedIp | { key: string; value: RecordedValue };
}

const POOLS = {
  external: Pool.External,
  guest: Pool.Guest,
  auto: Pool.Auto,
  'auto-external': Pool.AutoExternal,
} as const;

/** One object a line. */
export function recorded<Line>(file: 'requests' | 'verdicts' | 'negotiation' | 'rings'): Line[] {
  const lines = readFileSync(`${folder}${file}.jsonl`, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Line);
}

/** Hex in which a run of zero bytes is `0*COUNT` and `+` joins the parts. */
export function bytesOfRuns(text: string): Uint8Array {
  const parts = text === '' ? [] : text.split('+');
  const hex = parts.map((part) => (part.startsWith('0*') ? '00'.repeat(Number(part.slice(2))) : part));
  return new Uint8Array(Buffer.from(hex.join(''), 'hex'));
}

/** An IC message as it was recorded, with the pipe header that OpenVMM adds below it. */
export function payloadOf(message: string): Uint8Array {
  const bytes = bytesOfRuns(message);
  const payload = new Uint8Array(8 + bytes.length);
  new DataView(payload.buffer).setUint32(0, 1, true);
  new DataView(payload.buffer).setUint32(4, bytes.length, true);
  payload.set(bytes, 8);
  return payload;
}

/** "framework/message". */
export function versionsOf(text: string): { framework: Version; version: Version } {
  const [framework = '', message = ''] = text.split('/');
  return { framework: parseVersion(framework), version: parseVersion(message) };
}

/** What was asked, as a message of ours. */
export function messageOf({
  op,
  pool = 'external',
  key = '',
  value,
  index = 0,
  adapter,
  info,
}: RecordedRequest): KvpMessage {
  switch (op) {
    case 'set':
      return { operation: Operation.Set, pool: POOLS[pool], key, value: kvpValueOf(value!) };
    case 'delete':
      return { operation: Operation.Delete, pool: POOLS[pool], key };
    case 'enumerate':
      return { operation: Operation.Enumerate, pool: POOLS[pool], index };
    default: {
      const ip = ipOf(info ?? {}, adapter!);
      return { operation: op === 'get-ip' ? Operation.GetIpInfo : Operation.SetIpInfo, pool: Pool.Guest, ip };
    }
  }
}

function kvpValueOf({ string, u32, u64 }: RecordedValue) {
  if (string !== undefined) return { type: 1, text: string } as const;
  if (u32 !== undefined) return { type: 4, number: u32 } as const;
  return { type: 11, bigint: BigInt(u64!) } as const;
}

function ipOf(info: RecordedIp, adapterId: string) {
  const { ipv4Addresses = [], ipv6Addresses = [] } = info;
  return {
    adapterId,
    family: (info.ipv4 === true ? 1 : 0) | (info.ipv6 === true ? 2 : 0),
    dhcp: info.dhcp === true,
    addresses: [...ipv4Addresses, ...ipv6Addresses].map(({ address }) => address),
    subnets: [...ipv4Addresses.map(({ subnet }) => subnet), ...ipv6Addresses.map(({ prefix }) => String(prefix))],
    gateways: [...(info.ipv4Gateways ?? []), ...(info.ipv6Gateways ?? [])],
    dns: [...(info.ipv4DnsServers ?? []), ...(info.ipv6DnsServers ?? [])],
  };
}

const ORIGINS: Readonly<Record<number, string>> = { 1: 'other', 2: 'static' };

/** A message of ours in the words of the recording: what the host hands to its administrator. */
export function recordedForm(message: KvpMessage | undefined): Step['value'] {
  if (message === undefined || 'body' in message) return undefined;
  if ('ip' in message) {
    const { family, dhcp, addresses, subnets, gateways, dns, origins = [] } = message.ip;
    const isIpv6 = (text: string): boolean => text.includes(':');
    const split = (list: string[]): [string[], string[]] => [
      list.filter((text) => !isIpv6(text)),
      list.filter((text) => isIpv6(text)),
    ];
    const entries = addresses.map((address, i) => ({
      address,
      subnet: subnets[i]!,
      origin: ORIGINS[origins[i]!] ?? 'unknown',
    }));
    const [ipv4Gateways, ipv6Gateways] = split(gateways);
    const [ipv4DnsServers, ipv6DnsServers] = split(dns);
    return {
      ipv4: (family & 1) !== 0,
      ipv6: (family & 2) !== 0,
      dhcp,
      ipv4Addresses: entries.filter(({ address }) => !isIpv6(address)),
      ipv6Addresses: entries
        .filter(({ address }) => isIpv6(address))
        .map(({ address, subnet, origin }) => ({ address, prefix: Number(subnet), origin })),
      ipv4Gateways,
      ipv6Gateways,
      ipv4DnsServers,
      ipv6DnsServers,
    };
  }
  const { key, value } = message as { key?: string; value?: { text?: string; number?: number; bigint?: bigint } };
  if (value === undefined || key === undefined) return undefined;
  if (value.text !== undefined) return { key, value: { string: value.text } };
  if (value.number !== undefined) return { key, value: { u32: value.number } };
  return { key, value: { u64: String(value.bigint) } };
}
