/**
 * Carries out a plan: journal, files, the manager's programs, and then a look at the kernel whether it is so. A change
 * that does not come into effect is taken back in the same way.
 */
import { KvpError } from '../../errors.js';
import { bootId } from '../../os/process-identity.js';
import type { Activation, Backend, ConfigurationChange, ManagerCommand, TargetInterface } from '../backends/backend.js';
import type { ConfigFiles } from '../config-files.js';
import type { IpConfiguration } from '../configuration.js';
import type { Plan } from '../plan/plan.js';
import { presentConfiguration } from '../plan/present.js';
import type { ApplyEvent } from './events.js';
import type { ProbeGateways } from './gateway-probe.js';
import type { Journal } from './journal.js';
import type { BeforeChange } from './journal-entry.js';
import type { KernelStates } from './kernel-state.js';
import type { RunCommand } from './run-command.js';
import { arm, disarm } from './safeguard.js';
import { type FactsSource, whatDiffers } from './verify.js';
import { type PreparedFiles, prepareFiles, restoreFiles } from './write-files.js';

export interface ApplyTools {
  /** Stands in front of every configuration file's path; the same as that of `files`. */
  root: string;
  files: ConfigFiles;
  facts: FactsSource;
  journal: Journal;
  kernel: KernelStates;
  run: RunCommand;
  probe: ProbeGateways;
  onEvent: (event: ApplyEvent) => void;
}

export interface ApplyLimits {
  /** Milliseconds for the whole: the change, and taking it back. */
  withinMs: number;
  /** Ends the change, which is then taken back. */
  signal?: AbortSignal | undefined;
}

export type Outcome =
  /** There was nothing to do. */
  | { kind: 'unchanged' }
  /** It is as wanted: verified. */
  | { kind: 'applied' }
  /** Nothing was begun. */
  | { kind: 'refused'; error: KvpError }
  /** It could not be made so; it is as before: verified. */
  | { kind: 'rolled-back'; error: KvpError }
  /** Nor could it be made as before: `rollback` says what is wrong. */
  | { kind: 'failed'; error: KvpError; rollback: KvpError };

/** What the change may take of the whole time; the rest is for taking it back. */
const FORWARD_SHARE = 0.6;
/** What programs leave of the time for the look at the kernel, whatever they do. Of 24 s it is 3 s. */
const LOOK_SHARE = 1 / 8;
/** For gateways to answer, before and after. Of 24 s it is 1.5 s: the kernel asks a second time after one. */
const PROBE_SHARE = 1 / 16;

export async function applyPlan(plan: Plan, tools: ApplyTools, { withinMs, signal }: ApplyLimits): Promise<Outcome> {
  if (plan.empty) return { kind: 'unchanged' };
  const start = performance.now();
  const forward: Phase = phaseOf(start + withinMs * FORWARD_SHARE, withinMs, signal);
  const { journal, onEvent } = tools;
  let needed: string[];
  let prepared: PreparedFiles;
  let before: BeforeChange = {};
  try {
    needed = await gatewaysToKeep(plan, tools, forward.probeMs);
    const { target, present, wanted, files } = plan;
    before = {
      kernel: tools.kernel.read(target.index),
      hadClient: plan.backend.hasClient?.(tools.files, target),
      safeguard: await arm(plan, tools, withinMs),
    };
    journal.begin({ backend: plan.backend.name, target, present, wanted, files, ...before, boot: bootId() });
    // A full disk or a read-only folder shows here, before the link goes down.
    prepared = prepareOrForget(plan, tools);
  } catch (error) {
    await disarm(plan.backend, before.safeguard, tools);
    return { kind: 'refused', error: asKvpError(error) };
  }
  for (const text of plan.warnings) onEvent({ what: 'note', text });
  try {
    await bringAbout(plan, prepared, tools, forward, needed);
    // While the journal is there: whoever dies in between leaves a change that the next one takes back.
    await disarm(plan.backend, before.safeguard, tools);
    journal.succeed();
    onEvent({ what: 'verified', ms: performance.now() - start });
    return { kind: 'applied' };
  } catch (cause) {
    const error = asKvpError(cause);
    onEvent({ what: 'taking-back', error });
    const left = Math.max(start + withinMs - performance.now(), withinMs * (1 - FORWARD_SHARE));
    const rollback = await takeBack({ ...plan, ...before }, tools, left);
    return rollback === undefined ? { kind: 'rolled-back', error } : { kind: 'failed', error, rollback };
  }
}

/** Times by `performance.now`. */
interface Phase {
  /** The end of programs. */
  programsUntil: number;
  /** The end of the look at the kernel. */
  until: number;
  probeMs: number;
  signal?: AbortSignal | undefined;
}

const phaseOf = (until: number, withinMs: number, signal?: AbortSignal): Phase => ({
  until,
  programsUntil: until - withinMs * LOOK_SHARE,
  probeMs: withinMs * PROBE_SHARE,
  signal,
});

/** The gateways that answer now and are wanted still: they have to answer afterwards. */
async function gatewaysToKeep(
  { present, wanted, target }: Plan,
  { probe, onEvent }: ApplyTools,
  probeMs: number,
): Promise<string[]> {
  const kept = present.gateways.filter((gateway) => wanted.gateways.includes(gateway));
  if (kept.length === 0) return [];
  const answering = await probe(kept, target, probeMs);
  onEvent({ what: 'gateways', asked: kept, answering });
  return answering;
}

function prepareOrForget({ files }: Plan, { root, journal }: ApplyTools): PreparedFiles {
  try {
    return prepareFiles(root, files);
  } catch (error) {
    journal.forget();
    throw error;
  }
}

async function bringAbout(
  { target, wanted, activation, files }: Plan,
  prepared: PreparedFiles,
  tools: ApplyTools,
  phase: Phase,
  gateways: string[],
): Promise<void> {
  try {
    for (const command of activation.before) await runOne(command, tools, phase);
    phase.signal?.throwIfAborted();
  } catch (error) {
    prepared.discard();
    throw error;
  }
  prepared.commit();
  if (files.length > 0) tools.onEvent({ what: 'written', paths: files.map(({ path }) => path) });
  for (const command of activation.after) {
    if (command.unlessSo && (await becomesSo({ target, wanted }, tools, phase))) continue;
    await runOne(command, tools, phase);
  }
  const withinMs = phase.until - performance.now() - (gateways.length > 0 ? phase.probeMs : 0);
  const wrong = await whatDiffers(tools.facts, target, wanted, { withinMs, signal: phase.signal });
  if (wrong.length > 0) throw new KvpError('ERR_NET_VERIFY', { detail: wrong.join(', ') });
  if (gateways.length === 0) return;
  const silent = without(gateways, await tools.probe(gateways, target, phase.probeMs));
  if (silent.length > 0)
    throw new KvpError('ERR_NET_VERIFY', { detail: `the gateway ${silent.join(' and ')} does not answer any more` });
}

const without = (all: string[], some: string[]) => all.filter((one) => !some.includes(one));

/** Whether it comes to be as wanted in half of the time that programs have left; the other half is the command's. */
async function becomesSo(
  { target, wanted }: Pick<Plan, 'target' | 'wanted'>,
  { facts }: ApplyTools,
  { programsUntil, signal }: Phase,
): Promise<boolean> {
  const withinMs = Math.max(programsUntil - performance.now(), 0) / 2;
  const wrong = await whatDiffers(facts, target, wanted, { withinMs, signal });
  signal?.throwIfAborted();
  return wrong.length === 0;
}

async function runOne(command: ManagerCommand, tools: ApplyTools, phase: Phase): Promise<void> {
  const { run, onEvent } = tools;
  const { programsUntil, signal } = phase;
  const start = performance.now();
  let error: unknown;
  try {
    await run(command, { withinMs: Math.max(programsUntil - start, 0), signal });
  } catch (failure) {
    error = failure;
  }
  const { argv, mayFail = false, otherwise } = command;
  const mattered = !mayFail && otherwise === undefined;
  onEvent({ what: 'command', argv, ms: performance.now() - start, error, mattered });
  // A change whose time is over ends, whatever the command's failure would mean.
  signal?.throwIfAborted();
  if (error !== undefined && otherwise !== undefined) return runOne({ argv: otherwise, mayFail }, tools, phase);
  if (error !== undefined && !mayFail) throw error;
}

/** What a change that is to be taken back was, as a plan or the journal of a dead process tells it. */
export interface BegunChange extends Pick<Plan, 'target' | 'present' | 'wanted' | 'files'>, BeforeChange {
  backend: Backend;
}

/**
 * The files as they were, then the manager on its way back from wherever it is now, then a look whether it is so.
 * Undefined when it is. The journal goes once the files are as before and the manager was told; while one of them cannot
 * be restored it stays, and so it does while the running system is not as before and no file would make it so.
 */
export async function takeBack(
  change: BegunChange,
  tools: ApplyTools,
  withinMs: number,
): Promise<KvpError | undefined> {
  const until = performance.now() + withinMs;
  const phase = phaseOf(until, withinMs);
  const { backend, target, present, wanted, files } = change;
  try {
    const { hadClient = true } = change;
    const way = { from: (await presentOf(tools.facts, target)) ?? wanted, to: present, hadClient };
    const activation = () => activationOf(backend, tools.files, target, way);
    const aim = { target, wanted: present };
    await attempt(activation().before, aim, tools, phase);
    const { unrestored, foreign } = attemptRestore(files, tools);
    // Even when a file could not be restored: a link that was taken down comes up again with what the files say.
    await attempt(activation().after, aim, tools, phase);
    if (unrestored !== undefined) throw unrestored;
    // Files outlive this boot. What is in the running system alone is in the journal until it is there again.
    if (!backend.runtimeOnly) tools.journal.forget();
    // What somebody else wrote since may mean something else: then that is not worth the whole time.
    const lookUntil = foreign ? Math.min(until, performance.now() + withinMs * LOOK_SHARE) : until;
    const ofOthers = foreign && !backend.runtimeOnly;
    const wrong = await whatIsNotAsBefore(ofOthers ? { ...change, kernel: undefined } : change, tools, lookUntil);
    if (backend.runtimeOnly && (wrong.length === 0 || !(await isThere(tools.facts, target)))) tools.journal.forget();
    tools.onEvent({ what: 'taken-back', wrong });
    return wrong.length === 0 ? undefined : new KvpError('ERR_NET_ROLLBACK', { detail: wrong.join(', ') });
  } catch (error) {
    return error instanceof KvpError && error.code === 'ERR_NET_ROLLBACK'
      ? error
      : new KvpError('ERR_NET_ROLLBACK', {
          detail: error instanceof Error ? error.message : String(error),
          cause: error,
        });
  } finally {
    await disarm(backend, change.safeguard, tools);
  }
}

/** None where the backend knows no way: the look afterwards decides. */
function activationOf(
  backend: Backend,
  files: ConfigFiles,
  target: TargetInterface,
  way: ConfigurationChange,
): Activation {
  try {
    return backend.activate(files, target, way);
  } catch {
    return { before: [], after: [] };
  }
}

/** What the manager did not bring back is put back, where the kernel can be told. */
async function whatIsNotAsBefore(
  { backend, target, present, kernel, hadClient }: BegunChange,
  { facts, kernel: states }: ApplyTools,
  until: number,
): Promise<string[]> {
  const look = (share = 1) =>
    whatDiffers(facts, target, present, { withinMs: Math.max(until - performance.now(), 0) * share });
  if (kernel === undefined) return look();
  // What a client that started again leased is its own.
  if (!backend.runtimeOnly || (present.dhcp && hadClient)) {
    const wrong = await look(1 / 2);
    if (wrong.length === 0) return wrong;
    states.restore(target.index, kernel, false);
    return look();
  }
  states.restore(target.index, kernel, true);
  const wrong = await look();
  return wrong.length > 0 ? wrong : states.differences(target.index, kernel);
}

async function isThere(facts: FactsSource, { name, index }: TargetInterface): Promise<boolean> {
  await facts.refresh();
  return facts.interfaces().some((one) => one.name === name && one.index === index);
}

interface Restored {
  unrestored?: KvpError;
  /** Whether a file is somebody else's by now, and was left alone. */
  foreign: boolean;
}

function attemptRestore(files: Plan['files'], { root, onEvent }: ApplyTools): Restored {
  try {
    const paths = restoreFiles(root, files);
    if (paths.length > 0) onEvent({ what: 'foreign', paths });
    return { foreign: paths.length > 0 };
  } catch (error) {
    return { unrestored: asKvpError(error), foreign: false };
  }
}

/** All of them, whatever becomes of each: the look afterwards decides. */
async function attempt(
  commands: readonly ManagerCommand[],
  aim: Pick<Plan, 'target' | 'wanted'>,
  tools: ApplyTools,
  phase: Phase,
): Promise<void> {
  for (const [at, command] of commands.entries()) {
    const now = performance.now();
    const left = phase.programsUntil - now;
    // One that hangs leaves time for those behind it.
    const programsUntil = at === commands.length - 1 ? phase.programsUntil : now + left / 2;
    try {
      if (command.unlessSo) await becomesSo(aim, tools, phase).catch(() => false);
      await runOne(command, tools, { ...phase, programsUntil });
    } catch {
      // `onEvent` has heard of it.
    }
  }
}

export async function presentOf(facts: FactsSource, { name }: TargetInterface): Promise<IpConfiguration | undefined> {
  await facts.refresh();
  const found = facts.interfaces().find((one) => one.name === name);
  return found && presentConfiguration(found);
}

/** The signal's own reason is what a deadline or a stopping daemon gave. */
function asKvpError(error: unknown): KvpError {
  if (error instanceof KvpError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new KvpError('ERR_NET_VERIFY', { detail: text, cause: error });
}
