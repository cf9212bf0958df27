/** What a record of a run was made on. */
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg } from 'node:os';

/** The first line of a record. */
export interface MachineLine {
  machine: {
    cpu: string;
    cores: number;
    platform: string;
    node: string;
    v8: string;
    gcc: string | undefined;
    date: string;
    /** Load of the last minute, before the run: what else the machine did. */
    load: number;
    /** A quick run: a third of the turns, and not all cases. */
    quick: boolean;
  };
}

export function machineLine(quick: boolean): MachineLine {
  const gcc = spawnSync('gcc', ['-dumpfullversion'], { encoding: 'utf8' });
  return {
    machine: {
      cpu: cpus()[0]!.model.trim(),
      cores: availableParallelism(),
      platform: `${process.platform} ${process.arch}`,
      node: process.versions.node,
      v8: process.versions.v8,
      gcc: gcc.status === 0 ? gcc.stdout.trim() : undefined,
      date: new Date().toISOString().slice(0, 10),
      load: Number(loadavg()[0]!.toFixed(2)),
      quick,
    },
  };
}
