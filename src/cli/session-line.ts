/** Session events as lines for people and as objects for programs. */
import {
  formatRemark,
  type KvpMessage,
  type KvpValue,
  operationNames,
  poolNames,
  statusNames,
} from '../codec/index.js';
import { printable } from '../printable.js';
import type { SessionEvent } from '../system/index.js';

type Exchange = Extract<Extract<SessionEvent, { who: 'host' }>['event'], { kind: 'exchange' }>;

const versionText = ({ major, minor }: { major: number; minor: number }) => `${major}.${minor}`;
const quoted = (text: string) => `"${printable(text)}"`;

/** A value as JSON has it; 64-bit numbers as text. */
function plainValue(value: KvpValue): string | number {
  if ('text' in value) return value.text;
  if ('number' in value) return value.number;
  if ('bigint' in value) return value.bigint.toString();
  return Buffer.from(value.bytes).toString('hex');
}

const shownValue = (value: KvpValue) => ('text' in value ? quoted(value.text) : String(plainValue(value)));

/** Request and answer as one flat object. */
function exchangeFields({ request, answer, error, microseconds }: Exchange) {
  // What the guest filled in stands in the answer; SET and DELETE answers echo nothing worth showing.
  const message: KvpMessage = answer?.message ?? request;
  return {
    operation: operationNames.of(request.operation),
    pool: poolNames.of(request.pool),
    ...('index' in request ? { index: request.index } : {}),
    ...('key' in message && message.key !== undefined ? { key: message.key } : {}),
    ...('value' in message && message.value !== undefined ? { value: plainValue(message.value) } : {}),
    ...('ip' in message ? { ip: message.ip } : {}),
    ...(answer === undefined ? {} : { status: answer.status, statusName: statusNames.of(answer.status) }),
    ...(error === undefined ? {} : { error: error.code }),
    microseconds: Math.round(microseconds),
  };
}

/** One event as an NDJSON object; undefined for events that are only of use to a debugger. */
export function sessionObject({ at, who, event }: SessionEvent): Record<string, unknown> | undefined {
  const common = { at: Math.round(at * 1000) / 1000, who };
  if ('kind' in event) {
    if (event.kind === 'exchange') return { ...common, what: 'exchange', ...exchangeFields(event) };
    if (event.kind === 'negotiated') {
      const { framework, message } = event;
      return { ...common, what: 'negotiated', framework: versionText(framework), message: versionText(message) };
    }
    if (event.kind === 'pushed')
      return { ...common, what: 'pushed', delivered: event.delivered, refused: event.refused };
    if (event.kind === 'remarks') {
      const { request, remarks } = event;
      const operation = request === undefined ? 'negotiate' : operationNames.of(request.operation);
      return { ...common, what: 'remarks', operation, remarks: remarks.map(formatRemark) };
    }
    if (event.kind === 'failed') return { ...common, what: 'failed', reason: event.reason.message };
    return undefined;
  }
  if (event.what === 'published') return { ...common, ...event };
  if (event.what === 'registered') return { ...common, what: 'registered', operation: event.operation };
  return undefined;
}

function exchangeText(exchange: Exchange): string {
  const { request, answer } = exchange;
  const message: KvpMessage = answer?.message ?? request;
  const parts: string[] = [];
  if ('index' in request) parts.push(`[${request.index}]`);
  if ('key' in message && message.key !== undefined) parts.push(printable(message.key));
  if ('value' in message && message.value !== undefined) parts.push(`= ${shownValue(message.value)}`);
  if ('ip' in message) {
    const { adapterId, addresses, subnets, gateways, dns, dhcp } = message.ip;
    const pairs = addresses.map((address, index) => `${address} ${subnets[index] ?? ''}`.trim());
    const list = (texts: readonly string[]) => texts.map(printable).join(', ');
    parts.push(printable(adapterId), pairs.length > 0 ? list(pairs) : 'no address');
    if (gateways.length > 0) parts.push(`via ${list(gateways)}`);
    if (dns.length > 0) parts.push(`dns ${list(dns)}`);
    if (dhcp) parts.push('dhcp');
  }
  return parts.join(' ');
}

/** A line such as `   12.3 ms  host    SET        external       city = "Zürich"  → Ok  85 µs`. */
export function sessionLine(event: SessionEvent): string | undefined {
  const fields = sessionObject(event);
  if (fields === undefined) return undefined;
  const head = `${event.at.toFixed(1).padStart(8)} ms  ${event.who.padEnd(13)}`;
  if (event.who === 'host' && event.event.kind === 'exchange') {
    const { operation, pool, statusName, error, microseconds } = exchangeFields(event.event);
    const text = exchangeText(event.event);
    const isIp = 'ip' in event.event.request;
    const where = `${operation.padEnd(12)} ${(isIp ? '' : pool).padEnd(13)}`;
    return `${head}  ${where} ${text}  → ${error ?? statusName}  ${microseconds} µs`;
  }
  switch (fields['what']) {
    case 'registered':
      return `${head}  the daemon registered (operation ${fields['operation']})`;
    case 'negotiated':
      return `${head}  negotiated framework ${fields['framework']}, message ${fields['message']}`;
    case 'published':
      return `${head}  wrote ${printable(String(fields['key']))} = ${quoted(String(fields['value']))} into pool ${fields['pool']}`;
    case 'remarks':
      return `${head}  no guest should answer so (${fields['operation']}): ${printable(String(fields['remarks']))}`;
    case 'pushed':
      return `${head}  everything due was pushed: ${fields['delivered']} items taken, ${fields['refused']} refused`;
    default:
      return `${head}  ${fields['what']} ${printable(String(fields['reason'] ?? ''))}`.trimEnd();
  }
}
