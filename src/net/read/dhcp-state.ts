/**
 * Whether an interface has its IPv4 configuration from DHCP. The manager that is in charge of it decides; where none
 * says anything, leases and the kernel's address lifetimes do. Files only: no process is asked.
 */
import { KvpError } from '../../errors.js';
import type { DhcpSubject } from '../backends/backend.js';
import { BACKENDS } from '../backends/index.js';
import type { ConfigFiles } from '../config-files.js';
import { dhclientLease, dhcpcdLease, udhcpcRuns } from './dhcp-leases.js';

const CLIENTS = [dhclientLease, dhcpcdLease, udhcpcRuns];

export function usesDhcp(files: ConfigFiles, subject: DhcpSubject): boolean {
  return byManager(files, subject) ?? (CLIENTS.some((leased) => leased(files, subject)) || subject.hasLifetime);
}

/** A file that is not understood says nothing, and no other manager's files say it in its place. */
function byManager(files: ConfigFiles, subject: DhcpSubject): boolean | undefined {
  try {
    for (const backend of BACKENDS) {
      const answer = backend.usesDhcp?.(files, subject);
      if (answer !== undefined) return answer;
    }
  } catch (error) {
    if (!(error instanceof KvpError)) throw error;
  }
  return undefined;
}
