/** `hv-kvp net plan`: what setting an interface's configuration would change, without changing it. */
import { statSync } from 'node:fs';
import { Command } from 'commander';
import { MisuseError } from '../../errors.js';
import { createNetChanger, createNetFacts, type Plan, planText, planTree, unifiedDiff } from '../../net/index.js';
import { printable, printJson, printLine, printLines } from '../output.js';
import { type NetTargetOptions, wantedOf, withNetTarget } from './net-target.js';

interface PlanOptions extends NetTargetOptions {
  root?: string;
  mac?: string;
}

export function netPlanCommand(): Command {
  return withNetTarget(new Command('plan').description('what a wanted configuration would change, as a diff'))
    .option('--root <directory>', 'plan for this tree of files instead of this machine: an image, a container')
    .option('--mac <address>', "with --root: the interface's MAC address")
    .action(async (name: string, options: PlanOptions) => {
      const plan = options.root === undefined ? await planHere(name, options) : planThere(name, options.root, options);
      if (options.json) printJson(planForJson(plan));
      else printPlan(plan);
    });
}

async function planHere(name: string, options: PlanOptions): Promise<Plan> {
  const facts = createNetFacts();
  try {
    return await createNetChanger({ facts, manager: options.net }).plan(name, wantedOf(options));
  } finally {
    facts.close();
  }
}

function planThere(name: string, root: string, options: PlanOptions): Plan {
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) throw new MisuseError(`${root} is no directory`);
  const mac = options.mac?.toUpperCase().replaceAll('-', ':');
  if (mac !== undefined && !/^([0-9A-F]{2}:){5}[0-9A-F]{2}$/.test(mac)) {
    throw new MisuseError(`"${options.mac}" is no MAC address, such as 00:15:5D:01:02:03`);
  }
  const target = { name, index: 0, mac };
  return planTree({ root, target, wanted: wantedOf(options), manager: options.net });
}

export function printPlan(plan: Plan): void {
  printLine(`${printable(plan.target.name)}: ${plan.backend.name} (${printable(plan.reason)})`);
  printLine('');
  // Its line ends are its own; everything else in it may come from a file.
  printLines(planText(plan));
}

/** Files as diffs, which leave secrets out. */
export function planForJson(plan: Plan): object {
  const { target, backend, reason, present, wanted, differences, files, activation, warnings, empty } = plan;
  return {
    interface: target.name,
    backend: backend.name,
    reason,
    empty,
    present,
    wanted,
    differences,
    files: files.map((change) => ({ path: change.path, diff: unifiedDiff(change) })),
    before: activation.before,
    after: activation.after,
    warnings,
  };
}
