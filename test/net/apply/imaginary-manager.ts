/** A network manager of the test's own: one file that holds the configuration, one program that takes it up. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InterfaceFacts, IpConfiguration } from 'hv-kvp/net';
import {
  type ApplyEvent,
  type Backend,
  ConfigFiles,
  createNetChanger,
  type NetChanger,
  type NetChangerOptions,
  type RunCommand,
} from '#internal';
import { temporaryFolder } from '../../_support/temporary-folder.js';

export const FILE = '/etc/netplan/eth0.yaml';

export const configuration = (change: Partial<IpConfiguration> = {}): IpConfiguration => ({
  dhcp: false,
  addresses: [{ family: 4, text: '192.0.2.10', prefix: 24 }],
  gateways: ['192.0.2.1'],
  dns: ['192.0.2.53'],
  ...change,
});
export const OLD = configuration();
export const NEW = configuration({ addresses: [{ family: 4, text: '192.0.2.20', prefix: 24 }] });

const textOf = (wanted: IpConfiguration) => JSON.stringify(wanted);
const command = (...argv: [string, ...string[]]) => ({ argv });

export const backend: Backend = {
  name: 'netplan',
  inCharge: () => ({ answer: 'yes', reason: 'it is the only one' }),
  owns: () => true,
  read(files) {
    const text = files.text(FILE);
    return text === undefined ? undefined : (JSON.parse(text) as IpConfiguration);
  },
  render(files, _, wanted) {
    return [{ path: FILE, before: files.text(FILE), after: textOf(wanted), mode: 0o600 }];
  },
  activate: () => ({ before: [command('manager', 'pause')], after: [command('manager', 'take-up')] }),
};

/** What the program does when it is started, instead of taking up what the file says; undefined for that. */
export type Behaviour = (started: string, manager: ImaginaryManager, signal?: AbortSignal) => void | Promise<void>;

export class ImaginaryManager {
  readonly root = temporaryFolder();
  readonly stateDir = join(this.root, 'state');
  readonly changer: NetChanger;
  readonly events: ApplyEvent[] = [];
  readonly started: string[] = [];
  /** What the kernel has; undefined: the interface is not there. */
  inForce: IpConfiguration | undefined = OLD;
  /** One for each start, then it behaves well again. */
  behaviours: (Behaviour | undefined)[] = [];
  /** The gateways that answer, at one probe after the other; the last goes on. */
  answering: string[][] = [['192.0.2.1']];

  constructor(options: Partial<NetChangerOptions> = {}) {
    mkdirSync(join(this.root, 'etc/netplan'), { recursive: true });
    this.fileText = textOf(OLD);
    this.changer = this.anotherChanger(options);
  }

  /** Of another process, as far as the changer can tell. */
  anotherChanger(options: Partial<NetChangerOptions> = {}): NetChanger {
    return createNetChanger({
      facts: { refresh: async () => {}, interfaces: () => this.#interfaces() },
      backends: [backend],
      root: this.root,
      stateDir: this.stateDir,
      withinMs: 2_000,
      onEvent: (event) => this.events.push(event),
      run: this.#run,
      probe: async (gateways) => {
        const now = this.answering.length > 1 ? this.answering.shift()! : this.answering[0]!;
        return gateways.filter((gateway) => now.includes(gateway));
      },
      ...options,
    });
  }

  get fileText(): string | undefined {
    return new ConfigFiles(this.root).text(FILE);
  }

  set fileText(text: string) {
    writeFileSync(join(this.root, FILE), text);
  }

  get file(): IpConfiguration {
    return JSON.parse(readFileSync(join(this.root, FILE), 'utf8')) as IpConfiguration;
  }

  get hasJournal(): boolean {
    return existsSync(join(this.stateDir, 'net-journal'));
  }

  takeUp(): void {
    this.inForce = this.file;
  }

  readonly #run: RunCommand = async ({ argv: [, verb = ''] }, { signal }) => {
    this.started.push(verb);
    const behaviour = this.behaviours.shift();
    if (behaviour !== undefined) await behaviour(verb, this, signal);
    else if (verb === 'take-up') this.takeUp();
    return '';
  };

  #interfaces(): InterfaceFacts[] {
    if (this.inForce === undefined) return [];
    const { addresses, ...rest } = this.inForce;
    const link = {
      advertised: [],
      name: 'eth0',
      index: 2,
      mac: '00:15:5D:00:00:01',
      up: true,
      loopback: false,
      master: undefined,
    };
    return [{ ...link, ...rest, addresses: addresses.map((one) => ({ ...one, index: 2, scope: 0, flags: 0x80 })) }];
  }
}

let copies = 0;

/** The state folder as another boot of the machine finds it: without the lock that this process still holds. */
export function copyOfState({ root, stateDir }: ImaginaryManager, from = stateDir): string {
  const copy = join(root, `state-${copies++}`);
  mkdirSync(copy, { mode: 0o700 });
  writeFileSync(join(copy, 'net-journal'), readFileSync(join(from, 'net-journal')), { mode: 0o600 });
  return copy;
}
