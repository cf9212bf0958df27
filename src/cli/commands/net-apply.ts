/** `hv-kvp net apply` and `net rollback`: a verified change, and the way back from the last one. */
import { Command } from 'commander';
import { defaultStateDir } from '../../net/apply/state-dir.js';
import {
  type ApplyEvent,
  createNetChanger,
  createNetFacts,
  type NetChanger,
  type Outcome,
  type Plan,
} from '../../net/index.js';
import { CommandEnd, EXIT } from '../exit-codes.js';
import { printable, printJson, printLine, talk } from '../output.js';
import { sayingWhatFor } from '../waiting.js';
import { planForJson, printPlan } from './net-plan.js';
import { type NetTargetOptions, wantedOf, withNetTarget } from './net-target.js';

interface ChangeOptions {
  stateDir: string;
  dryRun: boolean;
  json: boolean;
}

export function netApplyCommand(): Command {
  return withChangeOptions(
    withNetTarget(new Command('apply').description('make it so, verify it, and take it back when it is not')),
  ).action((name: string, options: NetTargetOptions & ChangeOptions) => {
    const wanted = wantedOf(options);
    return withChanger(options, options.net, async (changer) => {
      if (options.dryRun) show(await changer.plan(name, wanted), options);
      else report(await sayingWhatFor(changer.apply(name, wanted), () => `the network manager of ${name}`), options);
    });
  });
}

export function netRollbackCommand(): Command {
  return withChangeOptions(new Command('rollback').description('take back the last change that succeeded'))
    .option('--json', 'one JSON object', false)
    .action((options: ChangeOptions) =>
      withChanger(options, 'auto', async (changer) => {
        const plan = await changer.planBack();
        if (plan === undefined) throw new CommandEnd(EXIT.negative, 'there is no change to take back');
        if (options.dryRun) return show(plan, options);
        const outcome = await sayingWhatFor(changer.rollBack(), () => 'the network manager');
        report(outcome ?? { kind: 'unchanged' }, options);
      }),
    );
}

function withChangeOptions(command: Command): Command {
  return command
    .option('--dry-run', 'only show the plan', false)
    .option('--state-dir <directory>', "the journal's place", defaultStateDir());
}

async function withChanger(
  { stateDir }: ChangeOptions,
  manager: NetTargetOptions['net'],
  act: (changer: NetChanger) => Promise<void>,
): Promise<void> {
  const facts = createNetFacts();
  try {
    await act(createNetChanger({ facts, manager, stateDir, onEvent: tellNotes }));
  } finally {
    facts.close();
  }
}

function tellNotes(event: ApplyEvent): void {
  if (event.what === 'note') talk(`note: ${printable(event.text)}`);
  if (event.what === 'foreign')
    for (const path of event.paths)
      talk(`note: somebody else has changed ${printable(path)} in the meantime; it was left alone`);
}

function show(plan: Plan, { json }: ChangeOptions): void {
  if (json) printJson(planForJson(plan));
  else printPlan(plan);
}

const TEXTS: Record<Outcome['kind'], string> = {
  unchanged: 'nothing to do: the interface and its files are so already',
  applied: 'done, and verified',
  refused: 'nothing was changed',
  'rolled-back': 'everything is as before',
  failed: 'the old configuration is not in force',
};

/** Anything but success is an error of the command, with its cause. */
function report(outcome: Outcome, { json }: ChangeOptions): void {
  const errors = [
    ...('error' in outcome ? [outcome.error.message] : []),
    ...('rollback' in outcome ? [outcome.rollback.message] : []),
  ];
  if (json) printJson({ outcome: outcome.kind, errors });
  else if (errors.length === 0) printLine(TEXTS[outcome.kind]);
  if (errors.length > 0)
    throw new CommandEnd(EXIT.io, json ? '' : [TEXTS[outcome.kind], ...errors].map(printable).join('\n'));
}
