/** From what a host wants of an interface to its verified configuration: facts, plan, application. */

import {
  optional,
  requireFunction,
  requireInteger,
  requireList,
  requireMethods,
  requireObject,
  requirePath,
  requireSignal,
  requireText,
} from '../../arguments.js';
import { KvpError } from '../../errors.js';
import { MAX_MS, requireConfiguration, requireManager } from '../arguments.js';
import type { TargetInterface } from '../backends/backend.js';
import { ConfigFiles } from '../config-files.js';
import type { IpConfiguration } from '../configuration.js';
import { chooseBackend, type ManagerChoice } from '../plan/detect.js';
import { makePlan, type Plan } from '../plan/plan.js';
import { carrierNote } from '../plan/plan-tree.js';
import { presentConfiguration } from '../plan/present.js';
import type { ChangeConfiguration } from '../port.js';
import { interfaceByName } from '../read/carrier.js';
import { createNetApplier, DEFAULT_WITHIN_MS, type NetApplierOptions, type Recovery } from './applier.js';
import type { Outcome } from './apply-plan.js';
import { isStarting, whileStarting } from './manager-start.js';

export interface NetChangerOptions extends NetApplierOptions {
  /** Default: whichever is in charge of the interface. */
  manager?: ManagerChoice;
}

/** What a manager may take of the time until it runs. Of 24 s it is 8 s. */
const START_SHARE = 1 / 3;

export interface NetChanger {
  /** For `createNetPort`. */
  change: ChangeConfiguration;
  /** The same, with what became of it. Throws what the backend's `render` throws, and ERR_NET_UNKNOWN. */
  apply(interfaceName: string, wanted: IpConfiguration, signal?: AbortSignal): Promise<Outcome>;
  /** What `apply` would do. */
  plan(interfaceName: string, wanted: IpConfiguration): Promise<Plan>;
  /** Takes the last change back that succeeded, as a change of its own; undefined when there was none. */
  rollBack(signal?: AbortSignal): Promise<Outcome | undefined>;
  /** What `rollBack` would do. */
  planBack(): Promise<Plan | undefined>;
  /** Takes back what a process that died left half-done. Call it before the first change. Throws ERR_NET_JOURNAL. */
  recover(): Promise<Recovery>;
}

/**
 * ```ts
 * const changer = createNetChanger({ facts });
 * await changer.recover();
 * const net = createNetPort({ facts, change: changer.change });
 * ```
 */
export function createNetChanger(options: NetChangerOptions): NetChanger {
  checkOptions(options);
  const { facts, manager = 'auto', root = '/', onEvent = () => {}, withinMs = DEFAULT_WITHIN_MS } = options;
  const applier = createNetApplier(options);

  /** Which interface is meant, as it is now, and who has it. */
  async function look(interfaceName: string) {
    await facts.refresh();
    const files = new ConfigFiles(root);
    const found = interfaceByName(facts.interfaces(), interfaceName);
    if (found === undefined) throw new KvpError('ERR_NET_UNKNOWN', { actual: JSON.stringify(interfaceName) });
    const { name, index, mac, permanentMac, kind } = found;
    const target: TargetInterface = { name, index, mac, permanentMac, kind };
    return { files, found, target, ...chooseBackend(files, target, manager, options.backends) };
  }

  async function plan(interfaceName: string, wanted: IpConfiguration): Promise<Plan> {
    requireText('interfaceName', interfaceName);
    requireConfiguration('wanted', wanted);
    const { found, ...seen } = await look(interfaceName);
    const notes = found.name === interfaceName ? [] : [carrierNote(interfaceName, found.name)];
    return makePlan({ ...seen, present: presentConfiguration(found), wanted, notes });
  }

  async function apply(interfaceName: string, wanted: IpConfiguration, signal?: AbortSignal): Promise<Outcome> {
    requireText('interfaceName', interfaceName);
    requireConfiguration('wanted', wanted);
    optional(requireSignal, 'signal', signal);
    return applier.apply(
      interfaceName,
      async () => {
        const { files, backend, target } = await look(interfaceName);
        const starts = () => isStarting(files, backend, target);
        // What is a port once the manager runs may be none yet.
        const isDone = () =>
          plan(interfaceName, wanted).then(
            ({ empty }) => empty,
            () => false,
          );
        if (!starts() || (await isDone())) return plan(interfaceName, wanted);
        onEvent({ what: 'starting', manager: backend.name });
        await whileStarting(starts, {
          withinMs: withinMs * START_SHARE,
          signal,
        });
        return plan(interfaceName, wanted);
      },
      signal,
    );
  }

  return {
    plan,
    apply,
    planBack: () => applier.planBack(),
    recover: () => applier.recover(),
    async rollBack(signal) {
      optional(requireSignal, 'signal', signal);
      const back = await applier.planBack();
      return back && applier.apply(back.target.name, async () => (await applier.planBack()) ?? back, signal);
    },
    async change(interfaceName, wanted, signal) {
      const outcome = await apply(interfaceName, wanted, signal);
      if ('rollback' in outcome) throw outcome.rollback;
      if ('error' in outcome) throw outcome.error;
    },
  };
}

function checkOptions(options: NetChangerOptions): void {
  requireObject('options', options);
  requireMethods('facts', options.facts, 'interfaces', 'refresh');
  optional(requireManager, 'manager', options.manager);
  optional(requireList, 'backends', options.backends);
  optional(requirePath, 'stateDir', options.stateDir);
  optional(requirePath, 'root', options.root);
  optional((name, value: number) => requireInteger(name, value, 1, MAX_MS), 'withinMs', options.withinMs);
  optional(
    (name, value: object) => requireMethods(name, value, 'read', 'restore', 'differences'),
    'kernel',
    options.kernel,
  );
  for (const name of ['onEvent', 'run', 'probe'] as const) optional(requireFunction, name, options[name]);
}
