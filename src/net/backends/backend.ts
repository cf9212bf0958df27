/**
 * Everything that this package knows about one network manager. The rest of the room asks a backend and never names a
 * manager, so that a new one is a folder beside this file and its line in index.ts.
 *
 * A backend reads files through `ConfigFiles` and returns values: it writes nothing and starts nothing. What it returns
 * is shown to people by `plan` and carried out by `apply`.
 */
import { KvpError } from '../../errors.js';
import type { ConfigFiles } from '../config-files.js';
import type { IpConfiguration } from '../configuration.js';
import { fileError } from '../file-error.js';

/** The interface that is to be configured, as the kernel names it. */
export interface TargetInterface {
  name: string;
  /** 0 where no kernel runs. */
  index: number;
  /** "00:15:5D:01:02:03", or undefined where there is none. */
  mac: string | undefined;
  /** The one that the hardware came with, where it differs: a port of a bond has the bond's. */
  permanentMac?: string | undefined;
  /** The kernel's word for one that is no hardware: "bridge", "bond", "vlan". */
  kind?: string | undefined;
}

/** The bridge, bond, team or lagg that has the addresses in place of its ports, or a VLAN on it. */
export interface Carrier {
  name: string;
  /** "bridge", "bond", "team", "lagg", "vlan". */
  kind: string;
  /** The file that says so. */
  path: string;
}

/** One file, before and after. Everything that is not the interface's configuration is the same in both texts. */
export interface FileChange {
  /** Absolute, without the root that `ConfigFiles` puts in front. */
  path: string;
  /** Undefined: there is no such file. */
  before: string | undefined;
  /** Undefined: the file goes away. */
  after: string | undefined;
  /** Permission bits of a file that is new; one that exists keeps its own. 0o600 where secrets may stand. */
  mode: number;
}

/** A process to start: an argument array that no shell ever sees. */
export interface ManagerCommand {
  argv: readonly [program: string, ...rest: string[]];
  /**
   * Its failure is no failure of the change: what it undoes may not be there. Default false.
   */
  mayFail?: boolean;
  /** Started where the first program fails: the ruder way to the same end. Its failure is the command's. */
  otherwise?: ManagerCommand['argv'];
  /**
   * It waits for the interface to be as wanted, and is then left out; it starts where the waiting was in vain, and on
   * the way back in any case: what a manager half did may be more than the configuration shows. Default false.
   */
  unlessSo?: boolean;
}

/** The manager's own way back, which it takes when nobody says in time that all is well. */
export interface Safeguard {
  /** Programs that arm it, each made of what the one before said; undefined: that was not understood. */
  arm: readonly ((answer: string) => ManagerCommand['argv'] | undefined)[];
  /** Of why one of them failed: the program that takes away what stands in the way, after which it is started again. */
  clear(failure: string): ManagerCommand['argv'] | undefined;
  /** What names it, of what the last one said. */
  tokenOf(answer: string): string | undefined;
}

export interface Activation {
  /** Before the files change, as ifdown has to run while the old ones are there. */
  before: ManagerCommand[];
  /** After they changed. */
  after: ManagerCommand[];
}

export interface ConfigurationChange {
  from: IpConfiguration;
  to: IpConfiguration;
  /** On the way back: a DHCP client ran that `Backend.hasClient` knew. Default true. */
  hadClient?: boolean;
}

/**
 * Whether a manager is in charge of an interface. `unreadable`: it is, or may be, and a file that decides it cannot be
 * read. That is an error of the plan and no reason to ask the next manager.
 */
export type Charge =
  | { answer: 'no' }
  /** `reason`: one line for people. */
  | { answer: 'yes'; reason: string }
  /** ERR_NET_FILE, which names the file, the line where one is known, and the reason. */
  | { answer: 'unreadable'; error: KvpError };

/** `reason` gives why the manager is in charge, undefined where it is not; it throws ERR_NET_FILE for `unreadable`. */
export function chargeOf(reason: () => string | undefined): Charge {
  try {
    const found = reason();
    return found === undefined ? { answer: 'no' } : { answer: 'yes', reason: found };
  } catch (error) {
    if (error instanceof KvpError && error.code === 'ERR_NET_FILE') return { answer: 'unreadable', error };
    throw error;
  }
}

/**
 * Throws ERR_NET_FILE for a file that a manager passes over, by a part of its path, where this machine has the manager's
 * program. An image may have the program elsewhere.
 */
export function refuseSkipped(files: ConfigFiles, part: string, program: string): void {
  if (files.areOfThisMachine && !files.exists(program)) return;
  for (const [path, reason] of files.skipped) if (path.includes(part)) throw fileError(path, reason);
}

/** What is known of an interface whose DHCP state is asked for. */
export interface DhcpSubject {
  index: number;
  name: string;
  ipv4: readonly string[];
  /** Some IPv4 address has a lifetime, as DHCP clients set it. */
  hasLifetime: boolean;
  /** Wall-clock time, which decides whether a lease is over. Milliseconds since 1970. */
  time: number;
}

export interface DnsSubject {
  index: number;
  name: string;
}

/** The DNS servers that an interface brings. */
export interface OwnServers {
  servers: readonly string[];
  /** False where it may bring more, which nobody noted down. */
  complete: boolean;
}

/** What a manager's own records say of DNS servers. */
export interface DnsRecords {
  /** Those that it has for the interface; undefined where it has no say in it. Throws ERR_NET_FILE. */
  serversOf(files: ConfigFiles, subject: DnsSubject): OwnServers | undefined;
  /** A file in the form of resolv.conf(5) with all servers that it knows, whatever stands in resolv.conf. */
  uplinks?: string;
  /** A line of the resolv.conf that it makes. */
  head?: RegExp;
}

/** The manager as systemd starts it. */
export interface Service {
  unit: string;
  /** There once it knows the interface and takes commands. */
  stateFiles(target: TargetInterface): string[];
}

export interface Backend<Name extends string = string> {
  readonly name: Name;
  /** What it changes of addresses and routes is in the running system alone: no file brings the old ones back. */
  readonly runtimeOnly?: true;
  /** Whether this manager has settings for the interface, by its files and what it left in /run. */
  inCharge(files: ConfigFiles, target: TargetInterface): Charge;
  /** The same for an interface of which no manager has settings: whether it is where they belong. */
  takesUp?(files: ConfigFiles, target: TargetInterface): Charge;
  /** What its files say for the interface; undefined where they say nothing. Throws ERR_NET_FILE. */
  read(files: ConfigFiles, target: TargetInterface): IpConfiguration | undefined;
  /** What the files make this interface a port of; undefined where it has its own addresses. Throws ERR_NET_FILE. */
  carrierOf?(files: ConfigFiles, target: TargetInterface): Carrier | undefined;
  /** The VLANs that its files have on this interface. Throws ERR_NET_FILE. */
  vlansOn?(files: ConfigFiles, target: TargetInterface): Carrier[];
  /**
   * The files that make the interface so, in the order in which they are to be written; none where they already say
   * it. Settings of others, comments included, stay. Throws ERR_NET_FILE for a file that it does not understand and
   * ERR_NET_INTERFACE for a name that the format cannot carry.
   */
  render(files: ConfigFiles, target: TargetInterface, wanted: IpConfiguration): FileChange[];
  /**
   * How the manager takes the change up. The same call with `from` and `to` exchanged takes it back, after the files
   * were restored.
   */
  activate(files: ConfigFiles, target: TargetInterface, change: ConfigurationChange): Activation;
  /** Armed before anything is touched, for so many seconds; undefined where the manager has none, or does not run. */
  safeguard?(files: ConfigFiles, target: TargetInterface, seconds: number): Safeguard | undefined;
  /** All is well, or as before: the one of this name is not needed any more. */
  disarm?(token: string): ManagerCommand;
  /** Whether a DHCP client runs on the interface that a change would end, and taking it back start again. */
  hasClient?(files: ConfigFiles, target: TargetInterface): boolean;
  /** In one line, why the change cannot be made, or could not be taken back; undefined where it can. */
  refusal?(files: ConfigFiles, target: TargetInterface, change: ConfigurationChange): string | undefined;
  /** What a person has to know of the change that its files and commands do not show: a sentence each. */
  warnings?(files: ConfigFiles, target: TargetInterface, change: ConfigurationChange): string[];
  /** Whether IPv4 is by DHCP; undefined where the manager has no say in the interface. Throws ERR_NET_FILE. */
  usesDhcp?(files: ConfigFiles, subject: DhcpSubject): boolean | undefined;
  readonly dns?: DnsRecords;
  /** Any of them may take the interface up. */
  readonly services?: readonly Service[];
  /** Whether `render` may write this file: normalized, absolute, and from a journal that somebody may have forged. */
  owns(path: string): boolean;
  /** Parts of the keys in its files that hold secrets, in lower case. */
  readonly secretKeys?: readonly string[];
}

/** Whether `path` lies below one of these folders, whose names end in a slash. */
export const isBelow = (path: string, ...folders: readonly string[]): boolean =>
  folders.some((folder) => path.startsWith(folder) && path !== folder);
