/** Changes of this machine's network, one after the other, each whole or taken back. */
import { KvpError } from '../../errors.js';
import { bootId } from '../../os/process-identity.js';
import type { Backend, TargetInterface } from '../backends/backend.js';
import { BACKENDS } from '../backends/index.js';
import { ConfigFiles } from '../config-files.js';
import { differences } from '../differences.js';
import type { Plan } from '../plan/plan.js';
import { type ApplyTools, applyPlan, type Outcome, presentOf, takeBack } from './apply-plan.js';
import type { ApplyEvent } from './events.js';
import { type ProbeGateways, probeGateways } from './gateway-probe.js';
import { openJournal } from './journal.js';
import { type KernelStates, netlinkStates, noStates } from './kernel-state.js';
import { leftProgram } from './left-program.js';
import { underMachineLock } from './machine-lock.js';
import { commandRunner, type RunCommand } from './run-command.js';
import { defaultStateDir } from './state-dir.js';
import type { FactsSource } from './verify.js';

export interface NetApplierOptions {
  facts: FactsSource;
  /** Default: all. */
  backends?: readonly Backend[];
  /** Where journal and lock are. Default: the platform's pool directory. */
  stateDir?: string;
  /** Stands in front of every configuration file's path. Default '/'. */
  root?: string;
  /**
   * Milliseconds for a change and for taking it back, together. Default 24 s: the daemon answers after 25 s. Under
   * FreeBSD's driver, which waits for 5 s, 3.5 s.
   */
  withinMs?: number;
  onEvent?: (event: ApplyEvent) => void;
  /** For tests. */
  run?: RunCommand;
  /** For tests. */
  probe?: ProbeGateways;
  /** For tests. */
  kernel?: KernelStates;
}

export interface NetApplier {
  /**
   * Makes the plan when its turn has come, and carries it out. Of those that wait for their turn for one interface only
   * the newest stays; the others are refused with ERR_NET_OVERTAKEN. What `plan` throws is thrown.
   */
  apply(interfaceName: string, plan: () => Promise<Plan>, signal?: AbortSignal): Promise<Outcome>;
  /** Takes back what a process that died left half-done. Call it before the first change. Throws ERR_NET_JOURNAL. */
  recover(): Promise<Recovery>;
  /** The change that would take back the last one that succeeded; undefined when there is none. Throws ERR_NET_JOURNAL. */
  planBack(): Promise<Plan | undefined>;
}

/** `files-only`: the files are as before, the network is not; `onEvent` has heard what is wrong. */
export type Recovery = 'nothing-to-do' | 'undone' | 'files-only';

export const DEFAULT_WITHIN_MS = 24_000;
/** What a dead process's program may still take of the time. Of 24 s it is 6 s. */
const LEFT_SHARE = 1 / 4;
/** What taking back may take after the machine started anew: managers come up later, with the files as they were. */
const NEXT_BOOT_SHARE = 1 / 4;
/** For a change, however long it had to wait. Of 24 s it is 6 s. */
const LEAST_SHARE = 1 / 4;

export function createNetApplier(options: NetApplierOptions): NetApplier {
  const { facts, root = '/', stateDir = defaultStateDir(), withinMs = DEFAULT_WITHIN_MS } = options;
  const backendOf = (name: string) => (options.backends ?? BACKENDS).find((backend) => backend.name === name);
  const { onEvent = () => {} } = options;
  const journal = openJournal(stateDir);
  const left = leftProgram(stateDir, (text) => onEvent({ what: 'note', text }));
  const run = options.run ?? commandRunner();
  const tools: ApplyTools = {
    root,
    files: new ConfigFiles(root),
    facts,
    journal,
    kernel: options.kernel ?? (root === '/' && process.platform === 'linux' ? netlinkStates : noStates),
    run: (command, limits) => run(command, { ...limits, onStart: left.note }),
    probe: options.probe ?? probeGateways,
    onEvent,
  };
  const newest = new Map<string, symbol>();
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const mine = turn.then(act);
    turn = mine.catch(() => {});
    return mine;
  }

  /** Under the lock: nobody else is at it, so a journal is a dead process's. */
  async function takeBackPending(): Promise<Recovery> {
    const entry = journal.pending();
    if (entry === undefined) return 'nothing-to-do';
    await left.end(withinMs * LEFT_SHARE);
    const backend = backendOf(entry.backend);
    if (backend === undefined) throw new KvpError('ERR_NET_JOURNAL', { detail: `no backend ${entry.backend}` });
    // What was never in a file did not survive the boot; the manager has made of the interface what it is now.
    const sameBoot = entry.boot === bootId();
    const inForce = sameBoot ? undefined : await presentOf(facts, entry.target);
    const present = isInFiles(backend, tools.files, entry.target) ? entry.present : (inForce ?? entry.present);
    const ms = sameBoot ? withinMs : withinMs * NEXT_BOOT_SHARE;
    const kernel = sameBoot ? entry.kernel : undefined;
    const failure = await takeBack({ ...entry, backend, present, kernel }, tools, ms);
    if (journal.pending() !== undefined) throw failure ?? new KvpError('ERR_NET_ROLLBACK');
    return failure === undefined ? 'undone' : 'files-only';
  }

  return {
    apply(interfaceName, plan, signal) {
      const me = Symbol();
      newest.set(interfaceName, me);
      const asked = performance.now();
      return inTurn(async () => {
        if (newest.get(interfaceName) !== me) return { kind: 'refused', error: new KvpError('ERR_NET_OVERTAKEN') };
        return underMachineLock(stateDir, { withinMs, signal }, async () => {
          await takeBackPending();
          signal?.throwIfAborted();
          const made = await plan();
          const remaining = withinMs - (performance.now() - asked);
          return applyPlan(made, tools, { withinMs: Math.max(remaining, withinMs * LEAST_SHARE), signal });
        });
      });
    },
    recover: () => inTurn(() => underMachineLock(stateDir, { withinMs }, takeBackPending)),
    async planBack() {
      const last = journal.last();
      const backend = last && backendOf(last.backend);
      if (last === undefined || backend === undefined) return undefined;
      const present = (await presentOf(facts, last.target)) ?? last.wanted;
      const files = last.files.map(({ path, before, after, mode }) => ({ path, before: after, after: before, mode }));
      const wanted = last.present;
      return {
        target: last.target,
        backend,
        reason: 'it made the last change',
        wanted,
        present,
        differences: differences(present, wanted),
        files,
        activation: backend.activate(tools.files, last.target, { from: present, to: wanted }),
        warnings: [],
        empty: false,
      };
    },
  };
}

/** Files that say something which is not understood say something. */
function isInFiles(backend: Backend, files: ConfigFiles, target: TargetInterface): boolean {
  try {
    return backend.read(files, target) !== undefined;
  } catch {
    return true;
  }
}
