/** What the guest says: its items, its intrinsic items, any pool. */
import type { Command } from 'commander';
import { poolNumber } from './host-items.js';
import { asItems, ask, type ControlOptions, controlCommand, printItems } from './host-options.js';

export function guestCommand(): Command {
  return controlCommand('guest', 'ask the guest for its items (GuestExchangeItems)').action(
    async (options: ControlOptions) => printItems(asItems(await ask(options, 'guest')), options),
  );
}

export function intrinsicsCommand(): Command {
  return controlCommand('intrinsics', 'ask the guest what it is (GuestIntrinsicExchangeItems)').action(
    async (options: ControlOptions) => printItems(asItems(await ask(options, 'intrinsics')), options),
  );
}

export function enumerateCommand(): Command {
  return controlCommand('enumerate', 'ask the guest for every item of one pool')
    .argument('<pool>', 'external, guest, auto, auto-external or a number')
    .action(async (pool: string, options: ControlOptions) =>
      printItems(asItems(await ask(options, 'enumerate', { pool: poolNumber(pool) })), options),
    );
}
