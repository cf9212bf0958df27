/** The daemon's options and what they start: shared by `hv-kvp daemon` and the stand-in for hv_kvp_daemon. */
import { type Command, Option } from 'commander';
import { PROFILES, type ProfileName } from '../daemon/index.js';
import { isDetached, reportToStarter, startDetached } from '../daemon/lifecycle/detach.js';
import { programLogger } from '../daemon/lifecycle/logger.js';
import { runDaemonProgram } from '../daemon/lifecycle/program.js';
import { openDevicePath } from '../device/index.js';
import { createNetFacts, createNetPort } from '../net/index.js';
import { openPools } from '../pool/index.js';
import { CommandEnd, EXIT } from './exit-codes.js';

interface DaemonFlags {
  /** `--no-daemon` in commander's terms. */
  daemon: boolean;
  debug: boolean;
  device?: string;
  poolDir?: string;
  durability: 'none' | 'disk';
  profile: ProfileName;
  net: 'read' | 'off';
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
      new Option('--net <backend>', 'whether the host may read the IP configuration')
        .choices(['read', 'off'])
        .default('read'),
    )
    .option('--wait', 'wait for a device that is not there yet', false)
    .option('--extended-items', 'also offer OSDistributionName, OSDistributionData and OSPlatformId', false)
    .action((flags: DaemonFlags) => runDaemonCommand(flags));
}

async function runDaemonCommand(flags: DaemonFlags): Promise<void> {
  if (flags.daemon && !isDetached()) {
    const outcome = await startDetached();
    if (outcome.kind === 'failed') throw new CommandEnd(EXIT.io, outcome.reason);
    return;
  }
  const { devicePath, poolDirectory } = PROFILES[flags.profile];
  const logger = programLogger({ debug: flags.debug, detached: isDetached() });
  try {
    const pools = await openPools(flags.poolDir ?? poolDirectory, { durability: flags.durability, createAll: true });
    for (const [pool, error] of pools.failures) logger.error({ pool, error: error.message }, 'a pool cannot be used');
    const facts = createNetFacts({
      onError: (error) => logger.warn({ error: String(error) }, 'the network could not be read'),
    });
    const net = createNetPort({ facts });
    await runDaemonProgram({
      device: openDevicePath(flags.device ?? devicePath),
      profile: flags.profile,
      pools,
      net: flags.net === 'read' ? net : { ...net, ipInfoByMac: async () => undefined },
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
