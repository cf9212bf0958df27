/** The network half of the daemon: facts always, changes as `--net` says. */
import type { Logger, ProfileName } from '../daemon/index.js';
import { PROFILES } from '../daemon/index.js';
import { hasPendingChange } from '../net/apply/journal.js';
import type { ApplyEvent, ManagerChoice, NetChanger, NetFacts, NetOfDaemon } from '../net/index.js';
import { createNetFacts, createNetPort, lookUpByName, lookUpInSysfs } from '../net/index.js';

/** A manager, or whichever is in charge; read: nothing is changed; off: nothing is told either. */
export type NetFlag = ManagerChoice | 'read' | 'off';

export interface DaemonNetworkOptions {
  net: NetFlag;
  profile: ProfileName;
  /** Where a change under way is noted down. */
  stateDir: string;
  logger: Logger;
}

/** What is left of the daemon's deadline for the answer. */
const ANSWER_MS = 500;

export function daemonNetwork(options: DaemonNetworkOptions): NetOfDaemon {
  const { net, logger } = options;
  const facts = createNetFacts({
    onError: (error) => logger.warn({ error: String(error) }, 'the network could not be read'),
  });
  const lookUp = options.profile === 'freebsd' ? lookUpByName(facts) : lookUpInSysfs();
  if (net === 'off') return { ...createNetPort({ facts, lookUp }), ipInfoByMac: async () => undefined };
  if (net === 'read') return createNetPort({ facts, lookUp });

  // Loaded when first needed: most daemons never change a network.
  let loaded: Promise<NetChanger> | undefined;
  const changer = () => {
    loaded ??= loadChanger(facts, net, options);
    return loaded;
  };
  if (hasPendingChange(options.stateDir)) void recover(changer(), logger);
  return createNetPort({
    facts,
    lookUp,
    change: async (name, wanted, signal) => (await changer()).change(name, wanted, signal),
  });
}

async function loadChanger(
  facts: NetFacts,
  manager: ManagerChoice,
  { profile, stateDir, logger }: DaemonNetworkOptions,
): Promise<NetChanger> {
  const { createNetChanger } = await import('../net/apply/changer.js');
  return createNetChanger({
    facts,
    manager,
    stateDir,
    withinMs: PROFILES[profile].deadlineMs - ANSWER_MS,
    onEvent(event) {
      const { level, fields = {}, text } = lineOf(event);
      logger[level](fields, text);
    },
  });
}

async function recover(loading: Promise<NetChanger>, logger: Logger): Promise<void> {
  try {
    const recovery = await (await loading).recover();
    if (recovery === 'nothing-to-do') return;
    const left = recovery === 'undone' ? '' : ', but the network is not as before';
    logger.warn({}, `a network change that was under way when the daemon ended was taken back${left}`);
  } catch (error) {
    logger.error({ error: String(error) }, 'a network change that was under way could not be taken back');
  }
}

interface LogLine {
  level: keyof Logger;
  fields?: object;
  text: string;
}

function lineOf(event: ApplyEvent): LogLine {
  switch (event.what) {
    case 'note':
      return { level: 'warn', text: event.text };
    case 'starting':
      return { level: 'info', fields: { manager: event.manager }, text: 'waiting for the network manager to start' };
    case 'gateways':
      return { level: 'debug', fields: { asked: event.asked, answering: event.answering }, text: 'gateways' };
    case 'written':
      return { level: 'info', fields: { paths: event.paths }, text: 'network files written' };
    case 'command': {
      const fields = { argv: event.argv, ms: Math.round(event.ms) };
      if (event.error === undefined) return { level: 'info', fields, text: 'network command' };
      const level = event.mattered ? 'warn' : 'debug';
      return { level, fields: { ...fields, error: String(event.error) }, text: 'network command failed' };
    }
    case 'verified':
      return { level: 'info', fields: { ms: Math.round(event.ms) }, text: 'the network is as the host wants it' };
    case 'taking-back':
      return { level: 'warn', fields: { error: String(event.error) }, text: 'the network change is taken back' };
    case 'foreign':
      return {
        level: 'warn',
        fields: { paths: event.paths },
        text: 'files that somebody else changed were left alone',
      };
    case 'taken-back':
      if (event.wrong.length === 0) return { level: 'info', text: 'the network is as before' };
      return { level: 'error', fields: { wrong: event.wrong }, text: 'the network is not as before' };
  }
}
