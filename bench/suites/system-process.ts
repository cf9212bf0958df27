/**
 * One process of the suite system: that many guests, each with its host, rings, driver, device, daemon and pools, asked
 * one request at a time each, all guests at once.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Machine, startMachine } from 'hv-kvp/testing';

export interface SystemFigure {
  operation: 'add' | 'modify' | 'get' | 'remove';
  requestsPerSecond: number;
  p50Us: number;
  p99Us: number;
}

export interface SystemReport {
  figures: SystemFigure[];
  /** Resident memory that a guest adds, after its requests. */
  bytesPerGuest: number;
}

const [, , engine, guestsText, requestsText] = process.argv;
const guests = Number(guestsText);
const requestsEach = Number(requestsText);
const folder = mkdtempSync(join(tmpdir(), 'hv-kvp-bench-'));

try {
  // One that was there before counts as the process's own: code, the module, the first timers.
  const first = await start(0);
  await ask([first], 'warm', 1_000);
  const before = process.memoryUsage().rss;
  const machines: Machine[] = [];
  for (let guest = 1; guest <= guests; guest++) machines.push(await start(guest));
  await ask(machines, 'warm', Math.ceil(1_000 / guests));
  const figures = await ask(machines, 'key', requestsEach);
  const report: SystemReport = { figures, bytesPerGuest: (process.memoryUsage().rss - before) / guests };
  for (const machine of [first, ...machines]) await machine.stop();
  console.log(JSON.stringify(report));
} finally {
  rmSync(folder, { recursive: true });
}

function start(guest: number): Promise<Machine> {
  return startMachine({ engine: engine === 'js' ? 'js' : 'wasm', poolDir: join(folder, String(guest)) });
}

/** A host holds at most 128 items, so every host adds, modifies, reads and removes the same few keys in turn. */
async function ask(machines: readonly Machine[], prefix: string, requests: number): Promise<SystemFigure[]> {
  const keys = Array.from({ length: Math.min(requests, 50) }, (_, at) => `${prefix} ${at}`);
  const took: Record<SystemFigure['operation'], number[]> = { add: [], modify: [], get: [], remove: [] };
  const elapsed: Record<SystemFigure['operation'], number> = { add: 0, modify: 0, get: 0, remove: 0 };
  for (let done = 0; done < requests; done += keys.length) {
    for (const operation of ['add', 'modify', 'get', 'remove'] as const) {
      const began = performance.now();
      await Promise.all(machines.map((machine) => round(machine, operation)));
      elapsed[operation] += performance.now() - began;
    }
  }
  async function round({ vm }: Machine, operation: SystemFigure['operation']): Promise<void> {
    for (const key of keys) {
      const began = performance.now();
      if (operation === 'add') await vm.add(key, 'a value of thirty characters..');
      else if (operation === 'modify') await vm.modify(key, 'another of thirty characters..');
      else if (operation === 'remove') await vm.remove(key);
      else if ((await vm.get(key)) === undefined) throw new Error(`the guest has no ${key}`);
      took[operation].push((performance.now() - began) * 1_000);
      // In one process an answer comes without a turn of the event loop: without this one guest would be served to its end before the next.
      await nextTurn();
    }
  }
  return (Object.keys(took) as SystemFigure['operation'][]).map((operation) => {
    const sorted = took[operation].sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor(sorted.length * share)]!;
    return {
      operation,
      requestsPerSecond: (sorted.length / elapsed[operation]) * 1_000,
      p50Us: at(0.5),
      p99Us: at(0.99),
    };
  });
}
