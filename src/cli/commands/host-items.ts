/** The host's own items: add, modify, remove, get, list. */
import { type Command, Option } from 'commander';
import { poolNames } from '../../codec/index.js';
import { KvpError, MisuseError } from '../../errors.js';
import { printable, printJson, printLine, say } from '../output.js';
import {
  asItems,
  ask,
  type ControlOptions,
  controlCommand,
  printItems,
  type ShownItem,
  shown,
} from './host-options.js';

type ValueKind = 'string' | 'u32' | 'u64';

export const addCommand = (): Command => changeCommand('add', 'add an item for the guest (AddKvpItems)');
export const modifyCommand = (): Command => changeCommand('modify', 'change the value of an item (ModifyKvpItems)');

function changeCommand(name: 'add' | 'modify', description: string): Command {
  return controlCommand(name, description)
    .argument('<key>', 'at most 255 UTF-16 units and 511 bytes of UTF-8')
    .argument('<value>', 'at most 1023 UTF-16 units and 2047 bytes of UTF-8')
    .addOption(new Option('--type <type>', 'how the value travels').choices(['string', 'u32', 'u64']).default('string'))
    .action(async (key: string, text: string, options: ControlOptions & { type: ValueKind }) => {
      const result = await ask(options, name, { key, value: typedValue(text, options.type) });
      report(key, result as { delivered: boolean }, options);
    });
}

export function removeCommand(): Command {
  return controlCommand('remove', 'remove an item (RemoveKvpItems)')
    .argument('<key>')
    .action(async (key: string, options: ControlOptions) => {
      report(key, (await ask(options, 'remove', { key })) as { delivered: boolean }, options);
    });
}

export function getCommand(): Command {
  return controlCommand('get', 'ask the guest for one item')
    .argument('<key>')
    .option('--pool <pool>', 'name or number of the pool', 'external')
    .addOption(
      new Option('--by <way>', 'GET, or enumerate as OpenVMM does').choices(['get', 'enumerate']).default('get'),
    )
    .action(async (key: string, options: ControlOptions & { pool: string; by: string }) => {
      const pool = poolNumber(options.pool);
      const item = (await ask(options, 'get', { key, pool, by: options.by })) as ShownItem;
      if (options.json) printJson(item);
      else printLine(shown(item));
    });
}

export function listCommand(): Command {
  return controlCommand('list', "print the host's items (HostExchangeItems)").action(
    async (options: ControlOptions) => {
      printItems(asItems(await ask(options, 'list')), options);
    },
  );
}

export function poolNumber(name: string): number {
  const pool = poolNames.find(name);
  if (pool === undefined || pool > 4) throw new KvpError('ERR_POOL_NAME', { actual: JSON.stringify(name) });
  return pool;
}

function typedValue(text: string, type: ValueKind): ShownItem['value'] {
  if (type === 'string') return text;
  if (!/^\d{1,20}$/.test(text)) throw new MisuseError(`"${text}" is not a decimal number`);
  return type === 'u64' ? { u64: text } : Number(text);
}

function report(key: string, { delivered }: { delivered: boolean }, { json }: ControlOptions): void {
  if (json) printJson({ key, delivered });
  else if (!delivered) say(`no guest listens yet; ${printable(key)} is for its next negotiation`);
}
