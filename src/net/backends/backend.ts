/**
 * What a network manager looks like to the planner. A backend reads files through `ConfigFiles` and returns values: it
 * writes nothing and starts nothing. What it returns is shown to people by `plan` and carried out by `apply`.
 */
import type { ConfigFiles } from '../config-files.js';
import type { IpConfiguration } from '../configuration.js';

export const BACKEND_NAMES = [
  'networkmanager',
  'networkd',
  'netplan',
  'ifupdown',
  'ifcfg',
  'rc.conf',
  'iproute2',
  'script',
] as const;

export type BackendName = (typeof BACKEND_NAMES)[number];

/** The interface that is to be configured, as the kernel names it. */
export interface TargetInterface {
  name: string;
  index: number;
  /** "00:15:5D:01:02:03", or undefined where there is none. */
  mac: string | undefined;
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

export interface Backend {
  readonly name: BackendName;
  /** What it changes of addresses and routes is in the running system alone: no file brings the old ones back. */
  readonly runtimeOnly?: true;
  /** In one line, why this manager is in charge of the interface, from files alone; undefined where it is not. */
  inCharge(files: ConfigFiles, target: TargetInterface): string | undefined;
  /** The same for an interface of which no manager has settings: why this one is where they belong. */
  takesUp?(files: ConfigFiles, target: TargetInterface): string | undefined;
  /** What its files say for the interface; undefined where they say nothing. */
  read(files: ConfigFiles, target: TargetInterface): IpConfiguration | undefined;
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
}
