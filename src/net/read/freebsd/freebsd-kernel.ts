/**
 * FreeBSD's links, addresses and gateways, by its own programs: `ifconfig -a` and `netstat -rnW`, started ahead of any
 * request. Unverified on a real FreeBSD.
 */

import { type Kernel, type KernelTables, portableKernel } from '../kernel.js';
import { type AskProgram, programAsker } from './ask-program.js';
import { readIfconfig } from './ifconfig-text.js';
import { readNetstat } from './netstat-text.js';

export interface FreebsdKernelOptions {
  /** For tests. */
  ask?: AskProgram;
  /** Milliseconds after which the programs are asked again, whatever happened. Default 5,000. */
  everyMs?: number;
}

/**
 * Until the programs have answered for the first time, and after `gather` failed, `read` gives what Node knows: no
 * gateways. `changed` asks them anew, in the background, at every change of an address, which Node sees without a
 * process, and every `everyMs`, since Node sees no routes.
 */
export function freebsdKernel({ ask = programAsker(), everyMs = 5_000 }: FreebsdKernelOptions = {}): Kernel {
  const node = portableKernel();
  let tables: KernelTables | undefined;
  let isNew = false;
  let failure: unknown;
  let askedAt = Number.NEGATIVE_INFINITY;
  let turn: Promise<void> = Promise.resolve();

  async function askAll(): Promise<void> {
    askedAt = performance.now();
    // Before, so that a change that falls into the asking is seen as one.
    node.read();
    const [ifconfig, netstat] = await Promise.all([ask(['ifconfig', '-a']), ask(['netstat', '-rnW'])]);
    const { links, addresses } = readIfconfig(ifconfig);
    const found = { links, addresses, gateways: readNetstat(netstat, links) };
    isNew ||= JSON.stringify(found) !== JSON.stringify(tables);
    tables = found;
  }

  /** One after the other: what is asked for now has to be what is true now. */
  function inTurn(): Promise<void> {
    turn = turn.catch(() => {}).then(askAll);
    return turn;
  }

  return {
    read: () => tables ?? node.read(),
    async gather() {
      try {
        await inTurn();
      } catch (error) {
        tables = undefined;
        throw error;
      }
    },
    changed() {
      const addressChanged = node.changed();
      if (addressChanged) node.read();
      if (addressChanged || performance.now() - askedAt >= everyMs) {
        askedAt = performance.now();
        inTurn().catch((error: unknown) => {
          failure = error;
        });
      }
      const was = { failure, isNew };
      failure = undefined;
      isNew = false;
      if (was.failure !== undefined) throw was.failure;
      return was.isNew || (tables === undefined && addressChanged);
    },
    close() {},
  };
}
