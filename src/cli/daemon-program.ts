/** The daemon's options and what they start: shared by `hv-kvp daemon` and the stand-in for hv_kvp_daemon. */
import { type Command, Option } from 'commander';
import { PROFILES, type ProfileName } from '../daemon/index.js';
import { systemClock } from '../daemon/lifecycle/clock.js';
import { isDetached, reportToStarter, startDetached } from '../daemon/lifecycle/detach.js';
import { programLogger } from '../daemon/lifecycle/logger.js';
import { runDaemonProgram } from '../daemon/lifecycle/program.js';
import { RateLimitedLogger } from '../daemon/log.js';
import { type DeviceClient, type DeviceFile, openDevicePath } from '../device/index.js';
import { KvpError } from '../errors.js';
import { BACKEND_NAMES } from '../net/backends/index.js';
import { openPools } from '../pool/index.js';
import { daemonNetwork, type NetFlag } from './daemon-network.js';
import { CommandEnd, EXIT } from './exit-codes.js';
import { sayingWhatFor } from './waiting.js';

interface DaemonFlags {
  /** `--no-daemon` in commander's terms. */
  daemon: boolean;
  debug: boolean;
  device?: string;
  poolDir?: string;
  durability: 'none' | 'disk';
  profile: ProfileName;
  net: NetFlag;
  wait: boolean;
  extendedItems: boolean;
}

/** The stock daemon's three options, then ours. */
export function withDaemonOptions(command: Command): Command {
  const platform: ProfileName = process.platform === 'freebsd' ? 'freebsd' : 'linux';
  return command
    .option('-n, --no-daemon', 'stay in the foreground')
    .option('-d, --debug', 'log every request, with its values', false)
    .option('--device <path>', `default: ${PROFILES[platform].devicePath}`)
    .option('--pool-dir <directory>', `default: ${PROFILES[platform].poolDirectory}`)
    .addOption(
      new Option('--durability <level>', 'what a change survives: the process, or a loss of power')
        .choices(['none', 'disk'])
        .default('none'),
    )
    .addOption(
      new Option('--profile <name>', "whose driver's protocol").choices(['linux', 'freebsd']).default(platform),
    )
    .addOption(
      new Option('--net <backend>', 'how the host sets the IP configuration; read: it only sees it, off: nor that')
        .choices(['auto', ...BACKEND_NAMES, 'read', 'off'])
        .default('auto'),
    )
    .option('--wait', 'wait for a device that is not there yet', false)
    .option('--extended-items', 'also offer OSDistributionName, OSDistributionData and OSPlatformId', false)
    .action((flags: DaemonFlags) => runDaemonCommand(flags));
}

const devicePathOf = ({ device, profile }: DaemonFlags): string => device ?? PROFILES[profile].devicePath;

async function runDaemonCommand(flags: DaemonFlags): Promise<void> {
  if (flags.daemon && !isDetached()) {
    const outcome = await sayingWhatFor(startDetached(), () => `the daemon to register with ${devicePathOf(flags)}`);
    if (outcome.kind === 'failed') throw new CommandEnd(EXIT.io, outcome.reason);
    return;
  }
  const { poolDirectory } = PROFILES[flags.profile];
  const logger = new RateLimitedLogger(programLogger({ debug: flags.debug, detached: isDetached() }), systemClock);
  try {
    // First of all: a daemon that cannot start leaves nothing behind.
    const device = await claimed(openDevicePath(devicePathOf(flags), { blockingWrites: true }), flags.wait);
    const poolDir = flags.poolDir ?? poolDirectory;
    const pools = await openPools(poolDir, {
      durability: flags.durability,
      createAll: true,
      onNotice: ({ kind, text }) => logger.warn({ kind }, text),
    });
    for (const [pool, error] of pools.failures) logger.error({ pool, error: error.message }, 'a pool cannot be used');
    const net = daemonNetwork({ net: flags.net, profile: flags.profile, stateDir: poolDir, logger });
    await runDaemonProgram({
      device,
      profile: flags.profile,
      pools,
      net,
      logger,
      logRequests: flags.debug,
      waitForDevice: flags.wait,
      extendedItems: flags.extendedItems,
    });
  } catch (error) {
    reportToStarter(error instanceof Error ? error.message : String(error));
    throw error;
  }
}

/** Opens the device now and hands this opening out first. With `wait` only what cannot become a device is an error. */
async function claimed(device: DeviceClient, wait: boolean): Promise<DeviceClient> {
  let first: DeviceFile | undefined;
  try {
    first = await device.open();
  } catch (error) {
    if (!wait || (error instanceof KvpError && error.code === 'ERR_DEVICE_KIND')) throw error;
  }
  return {
    name: device.name,
    async open() {
      const file = first ?? (await device.open());
      first = undefined;
      return file;
    },
  };
}
