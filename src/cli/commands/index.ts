/** Every command of `hv-kvp`, in the order that help shows them. */
import type { Command } from 'commander';

export const commands: readonly (() => Command)[] = [];
