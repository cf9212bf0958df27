/** `hv-kvp host status`: how the guest is, for a person who asks why nothing arrives. */
import type { Command } from 'commander';
import type { IpInfo } from '../../codec/index.js';
import type { VirtualAdapter } from '../../host/index.js';
import { printable, printJson, printLine } from '../output.js';
import { ask, type ControlOptions, controlCommand, type PendingStatus, pendingText } from './host-options.js';

interface Status {
  state: 'closed' | 'negotiating' | 'ready' | 'busy' | 'failed';
  framework: string | null;
  message: string | null;
  failure: string | null;
  pending: PendingStatus;
  msSinceAnswer: number | null;
  /** The state of the guest's device, where host and driver are one program. */
  device?: 'closed' | 'open' | 'registered' | 'gone';
  adapters: (VirtualAdapter & { ip: IpInfo | null })[];
  observed: { msAgo: number | null };
}

export function statusCommand(): Command {
  return controlCommand('status', 'state of channel and guest, versions, adapters and their addresses').action(
    async (options: ControlOptions) => {
      const status = (await ask(options, 'status')) as Status;
      if (options.json) printJson(status);
      else for (const fields of rows(status)) printLine(fields.map(printable).join('\t'));
    },
  );
}

function* rows(status: Status): Generator<string[]> {
  yield ['state', status.state];
  yield ['guest', guestText(status)];
  yield ['versions', status.framework ?? '-', status.message ?? '-'];
  if (status.failure !== null) yield ['failure', status.failure];
  for (const { mac, guid, ip } of status.adapters) yield ['adapter', mac, guid, addressText(ip, status)];
}

function addressText(ip: IpInfo | null, { observed }: Status): string {
  if (observed.msAgo === null) return 'the guest has not been asked yet';
  if (ip === null) return 'the guest does not know it';
  return ip.addresses.length === 0 ? 'no address' : ip.addresses.join(', ');
}

function guestText({ state, device, pending, msSinceAnswer }: Status): string {
  if (device === 'closed') return 'no daemon has the device open';
  if (device === 'open') return 'a daemon has the device open and has not registered';
  const unanswered = pendingText(pending);
  if (unanswered !== undefined && (pending.request?.ms ?? 0) > 1_000) return `has not answered ${unanswered}`;
  if (state === 'negotiating') return 'has not answered the negotiation: its daemon may not run yet';
  if (state === 'closed') return 'is off';
  if (msSinceAnswer === null) return 'has not answered anything yet';
  return `answers, the last time ${Math.round(msSinceAnswer / 100) / 10} s ago`;
}
