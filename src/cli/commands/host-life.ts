/** The life of the virtual machine, and faults for its requests. */
import { Command, Option } from 'commander';
import { MisuseError } from '../../errors.js';
import { FAULT_TARGETS } from '../../host/index.js';
import { printJson, printLine } from '../output.js';
import { ask, type ControlOptions, controlCommand } from './host-options.js';

export const bootCommand = (): Command =>
  restart('boot', 'boot the guest again: everything is pushed once more', 'boot');
export const saveRestoreCommand = (): Command =>
  restart('save-restore', 'save and restore: the guest negotiates again', 'save-restore');

export function migrateCommand(): Command {
  return controlCommand('migrate', 'migrate to another host')
    .argument('<host>', 'fully qualified name of the new host')
    .action(async (host: string, options: ControlOptions) => done(await ask(options, 'migrate', { host }), options));
}

function restart(name: string, description: string, command: string): Command {
  return controlCommand(name, description).action(async (options: ControlOptions) =>
    done(await ask(options, command), options),
  );
}

export function faultCommand(): Command {
  const fault = new Command('fault').description('faults for the next requests, and bytes that no host should send');
  const command = (kind: string, description: string) => controlCommand(kind, description);
  /** One of the faults that wait for a request. */
  const arm = (kind: string, description: string) =>
    command(kind, description).addOption(
      new Option('--on <request>', 'which request it hits (default: the next of an administrator)').choices(
        FAULT_TARGETS,
      ),
    );
  type ArmOptions = ControlOptions & { on?: string };
  const send = async ({ on, ...options }: ArmOptions, fault: object) =>
    done(await ask(options, 'fault', { ...fault, ...(on === undefined ? {} : { on }) }), options);
  fault.addCommand(
    arm('delay', 'a request reaches the guest late')
      .argument('<ms>')
      .action((ms: string, options: ArmOptions) => send(options, { kind: 'delay', ms: integer(ms) })),
  );
  fault.addCommand(
    arm('drop', 'a request never reaches the guest').action((options: ArmOptions) => send(options, { kind: 'drop' })),
  );
  fault.addCommand(
    arm('corrupt', 'one byte of a request is XORed')
      .argument('<offset>', 'from the start of the payload')
      .argument('[mask]', '1 to 255', '255')
      .action((offset: string, mask: string, options: ArmOptions) =>
        send(options, { kind: 'corrupt', offset: integer(offset), mask: integer(mask) }),
      ),
  );
  fault.addCommand(
    command('oversize', 'send a request of so many bytes and print the answer in hex')
      .argument('<bytes>')
      .action(async (bytes: string, options: ControlOptions) =>
        printAnswer(await ask(options, 'oversize', { bytes: integer(bytes) }), options),
      ),
  );
  fault.addCommand(
    command('raw', 'send these bytes as a payload and print the answer in hex')
      .argument('<hex>')
      .action(async (payload: string, options: ControlOptions) =>
        printAnswer(await ask(options, 'raw', { payload }), options),
      ),
  );
  fault.addCommand(
    command('list', 'print the faults that wait').action(async (options: ControlOptions) => {
      const faults = (await ask(options, 'faults')) as object[];
      if (options.json) printJson({ faults });
      else for (const one of faults) printLine(JSON.stringify(one));
    }),
  );
  fault.addCommand(
    command('clear', 'forget the faults that wait').action(async (options: ControlOptions) =>
      done(await ask(options, 'faults-clear'), options),
    ),
  );
  return fault;
}

function integer(text: string): number {
  if (!/^(\d{1,9}|0x[0-9a-f]{1,8})$/i.test(text)) throw new MisuseError(`"${text}" is not a whole number`);
  return Number(text);
}

function done(result: unknown, { json }: ControlOptions): void {
  if (json) printJson(result ?? { done: true });
}

function printAnswer(result: unknown, { json }: ControlOptions): void {
  if (json) printJson(result);
  else printLine((result as { answer: string }).answer);
}
