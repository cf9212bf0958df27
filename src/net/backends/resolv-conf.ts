/**
 * /etc/resolv.conf, for the backends that have no place of their own for DNS servers, and the programs that may be in
 * charge of it: then they are told, and the file, which they would write again, stays theirs.
 */
import type { ConfigFiles } from '../config-files.js';
import { nameServers } from '../read/dns-servers.js';
import type { FileChange, ManagerCommand, TargetInterface } from './backend.js';

const RESOLV_CONF = '/etc/resolv.conf';
/** Debian's resolvconf puts this file in front of everything it generates. */
const RESOLVCONF_HEAD = '/etc/resolvconf/resolv.conf.d/head';
const RESOLVED_STATE = '/run/systemd/resolve/';
const RESOLVED_STUBS = new Set(['127.0.0.53', '127.0.0.54']);

/** Who makes /etc/resolv.conf: systemd-resolved, Debian's resolvconf, or nobody that would undo an edit at once. */
export type ResolverInCharge = 'resolved' | 'resolvconf' | 'file';

export function resolverInCharge(files: ConfigFiles): ResolverInCharge {
  const path = files.finalPath(RESOLV_CONF);
  if (path.startsWith(RESOLVED_STATE)) return 'resolved';
  if (nameServers(files.text(path) ?? '').some((server) => RESOLVED_STUBS.has(server))) return 'resolved';
  return path.endsWith('/resolvconf/run/resolv.conf') || path === '/run/resolvconf/resolv.conf' ? 'resolvconf' : 'file';
}

/**
 * The change that makes the machine ask `dns`; none while it names no server: those of the other interfaces stand in the
 * same file.
 */
export function resolverChanges(files: ConfigFiles, dns: readonly string[]): FileChange[] {
  const inCharge = resolverInCharge(files);
  if (dns.length === 0 || inCharge === 'resolved') return [];
  const path = inCharge === 'resolvconf' ? RESOLVCONF_HEAD : files.finalPath(RESOLV_CONF);
  const before = files.text(path);
  const after = withNameServers(before ?? '', dns);
  return before === after ? [] : [{ path, before, after, mode: 0o644 }];
}

/** What makes the program in charge take a change of DNS servers up. */
export function resolverCommands(
  files: ConfigFiles,
  { name }: TargetInterface,
  { from, to }: { from: readonly string[]; to: readonly string[] },
): ManagerCommand[] {
  if (from.join() === to.join()) return [];
  const inCharge = resolverInCharge(files);
  // The empty word takes the link's servers away.
  if (inCharge === 'resolved') return [{ argv: ['resolvectl', 'dns', name, ...(to.length === 0 ? [''] : to)] }];
  return inCharge === 'resolvconf' ? [{ argv: ['resolvconf', '-u'] }] : [];
}

/** The `nameserver` lines replaced where the first of them stood; everything else is kept. */
export function withNameServers(text: string, dns: readonly string[]): string {
  if (nameServers(text).join() === dns.join()) return text;
  const isNameServer = (line: string) => /^\s*nameserver(\s|$)/.test(line);
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const first = lines.findIndex(isNameServer);
  const rest = lines.filter((line) => !isNameServer(line));
  rest.splice(first < 0 ? rest.length : first, 0, ...dns.map((server) => `nameserver ${server}`));
  return `${rest.join('\n')}\n`;
}
