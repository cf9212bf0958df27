import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Table from 'cli-table3';
import { Command, Option } from 'commander';
import { createMachine, type Machine, playSession, type SessionEvent } from '../../system/index.js';
import { CommandEnd, EXIT } from '../exit-codes.js';
import { printable, printJson, printLine, printLines } from '../output.js';
import { sessionLine, sessionObject } from '../session-line.js';

const run = promisify(execFile);
const INTERRUPTED = 130;
const NO_ROW_LINES = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

interface Options {
  json?: true;
  engine: 'auto' | 'wasm' | 'js';
  poolDir?: string;
}

/** `hv-kvp demo`: the main job, once, in this process: a simulated host, the driver, the daemon and its pools. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('play one whole session: simulated host, driver and daemon in this process')
    .option('--json', 'the session as NDJSON')
    .option('--pool-dir <dir>', 'keep the pools here (default: a temporary directory, removed at the end)')
    .addOption(new Option('--engine <engine>', 'the codec engine').choices(['auto', 'wasm', 'js']).default('auto'))
    .action(demo);
}

async function demo({ json, engine, poolDir }: Options): Promise<void> {
  const directory = poolDir ?? (await mkdtemp(join(tmpdir(), 'hv-kvp-demo-')));
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const tally = new Tally();
  let machine: Machine | undefined;
  try {
    // Periodic refreshes would mix with the steps of the story.
    machine = await createMachine({ poolDir: directory, engine, refreshIntervalMs: 0, tap: tally.crossing });
    await playSession(machine, {
      signal: interrupted.signal,
      publish: (pool, key, value) => publishElsewhere(directory, pool, key, value),
      onEvent(event) {
        tally.event(event);
        const shown = json ? sessionObject(event) : sessionLine(event);
        if (typeof shown === 'string') printLine(shown);
        else if (shown !== undefined) printJson(shown);
      },
    });
    // Taken first: the tables ask the guest once more.
    const summary = { ...tally.summary(), engine: machine.codec.engine.kind };
    await showPools(machine, json === true);
    if (json) printJson({ what: 'summary', ...summary });
    else printLines(summaryLine(summary));
  } catch (error) {
    if (interrupted.signal.aborted) throw new CommandEnd(INTERRUPTED, 'interrupted');
    throw error;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    await machine?.stop();
    if (poolDir === undefined) await rm(directory, { recursive: true });
  }
  if (tally.failed > 0) throw new CommandEnd(EXIT.negative, `${tally.failed} requests had no answer`);
}

/** A guest program is another process: it shares nothing with the daemon but the pool files and their locks. */
async function publishElsewhere(directory: string, pool: string, key: string, value: string): Promise<void> {
  const command = fileURLToPath(new URL('../bin/hv-kvp.js', import.meta.url));
  await run(process.execPath, [command, 'set', pool, key, value, '--pool-dir', directory]);
}

async function showPools({ pools, vm }: Machine, json: boolean): Promise<void> {
  for (const name of ['external', 'guest', 'auto-external'] as const) {
    showPool(name, await pools.pool(name).entries(), json);
  }
  // The intrinsics are no file: the daemon makes them for whoever asks.
  showPool('auto', await vm.intrinsics(), json);
}

function showPool(pool: string, entries: readonly { key: string; value: unknown }[], json: boolean): void {
  const items = entries.map(({ key, value }) => ({ key, value: String(value) }));
  if (json) {
    printJson({ what: 'pool', pool, items });
    return;
  }
  const table = new Table({ head: [`pool ${pool}`, ''], chars: NO_ROW_LINES, style: { head: [], border: [] } });
  for (const { key, value } of items) table.push([printable(key), printable(value)]);
  printLines(`\n${table.toString()}`);
}

type Summary = ReturnType<Tally['summary']> & { engine: string };

function summaryLine({ requests, ok, negative, failed, packets, bytes, milliseconds, engine }: Summary): string {
  return (
    `\n${requests} requests: ${ok} ok, ${negative} with a negative status, ${failed} without an answer; ` +
    `${packets} ring packets and device messages, ${bytes} bytes, ${milliseconds} ms, engine ${engine}`
  );
}

/** Counts what the session did. */
class Tally {
  failed = 0;
  #ok = 0;
  #negative = 0;
  #packets = 0;
  #bytes = 0;
  readonly #started = performance.now();

  readonly crossing = ({ bytes }: { bytes: Uint8Array }): void => {
    this.#packets++;
    this.#bytes += bytes.length;
  };

  event({ who, event }: SessionEvent): void {
    if (who !== 'host' || event.kind !== 'exchange') return;
    if (event.answer === undefined) this.failed++;
    else if (event.answer.status === 0) this.#ok++;
    else this.#negative++;
  }

  summary() {
    return {
      requests: this.#ok + this.#negative + this.failed,
      ok: this.#ok,
      /** An enumeration ends with a negative status: that is the protocol, not a failure. */
      negative: this.#negative,
      failed: this.failed,
      packets: this.#packets,
      bytes: this.#bytes,
      milliseconds: Math.round(performance.now() - this.#started),
    };
  }
}
