import { Command, Option } from 'commander';
import { serveDevice } from '../../device/index.js';
import type { StateName } from '../../driver/index.js';
import { type KvpError, MisuseError } from '../../errors.js';
import {
  defaultControlPath,
  KVP_VERSION_NAMES,
  type KvpVersionName,
  openStateFile,
  type PersistentState,
  serveControl,
  type VirtualAdapter,
  virtualAdapter,
} from '../../host/index.js';
import { createHardware, type Hardware } from '../../system/index.js';
import { CommandEnd, EXIT } from '../exit-codes.js';
import { printable, printJson, printLine, talk } from '../output.js';
import { sessionLine, sessionObject } from '../session-line.js';
import { whenOutputIsLost } from '../standard-streams.js';
import { openTranscript, type TranscriptFile } from '../transcript-file.js';

interface Options {
  device: string;
  control: string;
  state?: string;
  kvpVersion: KvpVersionName;
  driverVersion: '3.0' | '4.0' | '5.0';
  nonblock: 'strict' | 'friendly';
  profile: 'linux' | 'freebsd';
  adapter: VirtualAdapter[];
  name?: string;
  refresh: number;
  timeout: number;
  transcript?: string;
  failOnRemarks?: true;
  verbose?: true;
  json?: true;
}

const DEVICE_MODE = 0o600;
const NOTHING: PersistentState = { items: [], failover: [] };

export function serveCommand(): Command {
  return new Command('serve')
    .description('run a simulated host and a guest driver whose device appears at PATH (FUSE)')
    .requiredOption('--device <path>', 'where the device appears, such as /dev/vmbus/hv_kvp')
    .option('--control <socket>', 'control socket for the other host commands', defaultControlPath())
    .option('--state <file>', "keep the host's items and failover settings in this file")
    .addOption(
      new Option('--kvp-version <version>', 'newest the host offers; no guest driver in use knows 5.0')
        .choices(KVP_VERSION_NAMES)
        .default('4.0'),
    )
    .addOption(
      new Option('--driver-version <version>', 'newest the driver knows; Linux and FreeBSD have 4.0')
        .choices(KVP_VERSION_NAMES)
        .default('5.0'),
    )
    .addOption(
      new Option('--nonblock <policy>', 'strict as Linux, or friendly')
        .choices(['strict', 'friendly'])
        .default('strict'),
    )
    .addOption(new Option('--profile <system>', 'whose driver').choices(['linux', 'freebsd']).default('linux'))
    .option('--adapter <mac[=guid]>', 'a virtual network adapter; repeatable', addAdapter, [])
    .option('--name <name>', 'name of the virtual machine')
    .option('--refresh <seconds>', 'look at the guest so often; 0 for never', seconds, 5)
    .option('--timeout <seconds>', 'how long the guest may take for a request', seconds, 60)
    .option('--transcript <file>', 'record every payload as NDJSON')
    .option('--fail-on-remarks', 'fail the channel on what a host tolerates, and end with 1')
    .option('--verbose', 'print every exchange')
    .option('--json', 'print events as NDJSON')
    .action(serve);
}

function addAdapter(text: string, list: VirtualAdapter[]): VirtualAdapter[] {
  const [mac = '', guid] = text.split('=');
  return [...list, virtualAdapter(mac, guid)];
}

function seconds(text: string): number {
  if (!/^\d{1,6}(\.\d{1,3})?$/.test(text)) throw new MisuseError(`"${text}" is not a number of seconds`);
  return Number(text);
}

async function serve(options: Options): Promise<void> {
  // From now on: a start that is ended is taken back like a running host.
  const stopped = stopSignal();
  const file = options.state === undefined ? undefined : await openStateFile(options.state);
  // A file that cannot be written is refused now, not at the first change.
  await file?.save(file.state ?? NOTHING);
  const transcript = options.transcript === undefined ? undefined : await openTranscript(options.transcript);
  const hardware = createHardware({
    kvpVersion: options.kvpVersion,
    driverVersion: options.driverVersion,
    profile: options.profile,
    adapters: options.adapter,
    ...(options.profile === 'freebsd' && { interfaceName: nameOf(options.adapter) }),
    refreshIntervalMs: Math.round(options.refresh * 1000),
    requestTimeoutMs: Math.round(options.timeout * 1000),
    strict: options.failOnRemarks === true,
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(file === undefined ? {} : { persist: file.save }),
    ...(file?.state === undefined ? {} : { state: file.state }),
    ...(transcript === undefined ? {} : { hostTap: transcript.tap }),
  });
  showEvents(hardware, options);
  let remark: KvpError | undefined;
  hardware.vm.onEvent((event) => {
    if (event.kind === 'failed' && event.reason.code === 'ERR_HOST_REMARK') remark ??= event.reason;
  });
  try {
    await serveUntilStopped(hardware, options, stopped, transcript);
  } catch (error) {
    // What ended the host is the error to tell.
    await transcript?.close().catch(() => {});
    throw error;
  } finally {
    hardware.close();
  }
  await transcript?.close();
  if (remark !== undefined) throw new CommandEnd(EXIT.negative, printable(remark.message));
}

/** FreeBSD numbers its synthetic adapters in their order: hn0, hn1. */
const nameOf = (adapters: readonly VirtualAdapter[]) => (adapterId: string) => {
  const at = adapters.findIndex(({ guid }) => guid === adapterId.toLowerCase());
  return at < 0 ? undefined : `hn${at}`;
};

async function serveUntilStopped(
  hardware: Hardware,
  options: Options,
  stopped: Promise<void>,
  transcript: TranscriptFile | undefined,
): Promise<void> {
  const control = await serveControl(hardware.vm, options.control, {
    status: () => ({ device: deviceState(hardware.driver.session.state) }),
  });
  try {
    const device = await serveDevice({
      path: options.device,
      server: hardware.driver.session,
      nonblock: options.nonblock,
      mode: DEVICE_MODE,
    });
    try {
      hardware.vm.boot();
      announce(device.path, control.path, options);
      await Promise.race([device.ended, stopped, whenOutputIsLost(), ...(transcript ? [transcript.failed] : [])]);
    } finally {
      await device.close();
    }
  } finally {
    await control.close();
  }
}

/** What an administrator wants to know of the driver's state. */
function deviceState(state: StateName): 'closed' | 'open' | 'registered' | 'gone' {
  if (state === 'closed' || state === 'gone') return state;
  return state === 'open' || state === 'registering' ? 'open' : 'registered';
}

function announce(device: string, control: string, { json }: Options): void {
  if (json) printJson({ what: 'serving', device, control });
  else {
    printLine(`device\t${device}`);
    printLine(`control\t${control}`);
  }
}

/** Exchanges are for --verbose and --json: a refresh makes a dozen of them every few seconds. */
function showEvents(hardware: Hardware, { json, verbose }: Options): void {
  const started = performance.now();
  hardware.vm.onEvent((event) => {
    if (event.kind === 'exchange' && !json && !verbose) return;
    const session = { at: performance.now() - started, who: 'host' as const, event };
    if (json) {
      const object = sessionObject(session);
      if (object !== undefined) printJson(object);
    } else {
      const line = sessionLine(session);
      if (line !== undefined) talk(line);
    }
  });
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}
