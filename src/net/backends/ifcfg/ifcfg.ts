/** The ifcfg files of Red Hat's family, as its network scripts and NetworkManager's plugin read them. */
import { KvpError } from '../../../errors.js';
import type { ConfigFiles } from '../../config-files.js';
import { type IpConfiguration, sameConfiguration } from '../../configuration.js';
import { isReachable } from '../../next-hop.js';
import type { Activation, Backend, FileChange, ManagerCommand, TargetInterface } from '../backend.js';
import { isEnabled } from '../enabled-service.js';
import { ShellAssignments } from '../formats/shell-assignments.js';
import { isPlainName } from '../plain-name.js';
import { readIp, writeIp } from './ifcfg-ip.js';

const FOLDER = '/etc/sysconfig/network-scripts';
/** Of the scripts themselves. */
const NETWORK_SCRIPT = `${FOLDER}/ifup-eth`;
const MODE = 0o644;
const WAIT_SECONDS = '15';

export const ifcfg: Backend = { name: 'ifcfg', inCharge, read, render, activate };

interface Found {
  path: string;
  text: string;
  file: ShellAssignments;
}

/** By the file's name, else by what it says of device or MAC address. */
export function findIfcfg(files: ConfigFiles, target: TargetInterface): Found | undefined {
  const all = files
    .list(FOLDER, '')
    .filter(
      (path) => /\/ifcfg-[^/]+$/.test(path) && !/(?:~|\.(?:bak|orig|old|rej|rpmnew|rpmorig|rpmsave))$/.test(path),
    );
  const found = all.flatMap((path): Found[] => {
    const text = files.text(path);
    return text === undefined ? [] : [{ path, text, file: new ShellAssignments(text, path) }];
  });
  return found.find(({ file, path }) => isFor(file, path, target));
}

function isFor(file: ShellAssignments, path: string, target: TargetInterface): boolean {
  const device = said(file, 'DEVICE');
  if (device !== undefined && device !== '') return device === target.name;
  const mac = said(file, 'HWADDR');
  if (mac !== undefined && mac !== '') return mac.toUpperCase() === target.mac?.toUpperCase();
  return path === `${FOLDER}/ifcfg-${target.name}`;
}

/** Of a file that may be another interface's: what is not understood there is not ours to refuse. */
function said(file: ShellAssignments, name: string): string | undefined {
  try {
    return file.get(name);
  } catch {
    return undefined;
  }
}

const isOff = (text: string | undefined): boolean => /^(?:no|n|false|f|0)$/i.test(text ?? '');

function inCharge(files: ConfigFiles, target: TargetInterface): string | undefined {
  const found = findIfcfg(files, target);
  return found && `${found.path} is its file`;
}

function read(files: ConfigFiles, target: TargetInterface): IpConfiguration | undefined {
  const found = findIfcfg(files, target);
  return found && readIp(found.file);
}

function render(files: ConfigFiles, target: TargetInterface, wanted: IpConfiguration): FileChange[] {
  const found = findIfcfg(files, target) ?? newFile(files, target);
  if (found.text !== '' && sameConfiguration(readIp(found.file), wanted)) return [];
  refuseUnreached(files, found, wanted);
  writeIp(found.file, wanted);
  return [{ path: found.path, before: files.text(found.path), after: `${found.file}`, mode: MODE }];
}

/** NetworkManager sets a gateway outside every subnet by itself; the network scripts leave it out without a word. */
function refuseUnreached(files: ConfigFiles, found: Found, { addresses, gateways }: IpConfiguration): void {
  const gateway = gateways.find((one) => !isReachable(one, addresses));
  if (gateway === undefined || !files.exists(NETWORK_SCRIPT) || isOfNetworkManager(files, found)) return;
  const detail = `the network scripts set no gateway that is in no subnet of the interface: ${gateway}`;
  throw new KvpError('ERR_NET_BACKEND', { detail });
}

function isOfNetworkManager(files: ConfigFiles, found: Found | undefined): boolean {
  const runs = files.exists('/run/NetworkManager') || isEnabled(files, 'NetworkManager.service');
  return runs && !isOff(found && said(found.file, 'NM_CONTROLLED'));
}

function newFile(files: ConfigFiles, target: TargetInterface): Found {
  const path = `${FOLDER}/ifcfg-${target.name}`;
  // The network scripts start a shell with this name in it; and somebody else's file is not ours.
  if (!isPlainName(target.name) || files.exists(path)) {
    throw new KvpError('ERR_NET_INTERFACE', { detail: path, actual: JSON.stringify(target.name) });
  }
  const file = new ShellAssignments('', path);
  for (const [name, value] of [
    ['TYPE', 'Ethernet'],
    ['DEVICE', target.name],
    ['HWADDR', target.mac],
    ['ONBOOT', 'yes'],
    ['BOOTPROTO', 'none'],
  ] as const)
    if (value !== undefined) file.set(name, value);
  return { path, text: '', file };
}

function activate(files: ConfigFiles, target: TargetInterface): Activation {
  const found = findIfcfg(files, target);
  if (isOfNetworkManager(files, found)) {
    const nmcli = (...args: string[]): ManagerCommand => ({ argv: ['nmcli', '--wait', WAIT_SECONDS, ...args] });
    const uuid = found && said(found.file, 'UUID');
    const load = nmcli('connection', 'load', found?.path ?? `${FOLDER}/ifcfg-${target.name}`);
    const profile = uuid === undefined || !/^[0-9a-f-]{36}$/i.test(uuid) ? [] : ['uuid', uuid];
    return {
      before: [],
      after: [{ ...load, mayFail: true }, nmcli('connection', 'up', ...profile, 'ifname', target.name)],
    };
  }
  return { before: [{ argv: ['ifdown', target.name], mayFail: true }], after: [{ argv: ['ifup', target.name] }] };
}
