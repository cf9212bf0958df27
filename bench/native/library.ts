/** The kernels in C as shared libraries: built by gcc where it is, loaded through koffi. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type Koffi from 'koffi';
import type { EngineMemory } from '#internal';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SOURCES = join(ROOT, 'bench/native');
const OUTPUT = join(ROOT, 'build/native');

/**
 * With the compiler's own means, and with the vector instructions that WebAssembly's correspond to. Both are faster, up
 * to a tenth, when short loops that clear or copy are not made into calls of the C library.
 */
const COMMON = ['-std=c11', '-Wall', '-Wextra', '-Werror', '-fno-tree-loop-distribute-patterns', '-fPIC', '-shared'];
const BUILDS: Record<string, readonly string[]> = {
  c: ['-O2'],
  'c-sse': ['-O3', '-msse4.1', '-mpopcnt'],
};
export const NATIVE = Object.keys(BUILDS);

/** Builds what is out of date. Returns why it could not, or nothing. */
export function buildNative(): string | undefined {
  if (process.arch !== 'x64') return `the C kernels are for x64, this is ${process.arch}`;
  mkdirSync(OUTPUT, { recursive: true });
  // This file says with what options.
  const inputs = [...readdirSync(SOURCES).map((name) => join(SOURCES, name)), fileURLToPath(import.meta.url)];
  const newest = Math.max(...inputs.map((file) => statSync(file).mtimeMs));
  for (const [name, flags] of Object.entries(BUILDS)) {
    const file = join(OUTPUT, `${name}.so`);
    if (existsSync(file) && statSync(file).mtimeMs > newest) continue;
    const result = spawnSync('gcc', [...COMMON, ...flags, join(SOURCES, 'kernels.c'), '-o', file], {
      encoding: 'utf8',
    });
    if (result.error !== undefined) return `gcc did not start (${result.error.message})`;
    if (result.status !== 0) return `gcc failed: ${result.stderr}`;
  }
  return undefined;
}

/** Functions of bench/native/kernels.c; each repeats its work `rounds` times. Addresses are those of the memory. */
export interface NativeKernels {
  /** What the addresses are in. C knows only where it stands: it must live as long as the functions. */
  readonly memory: EngineMemory;
  hostToDaemon(rounds: number, table: number, records: number, batch: number, bytes: number): void;
  daemonToHost(rounds: number, table: number, records: number, batch: number): void;
  utf16ToUtf8: TranscodeTexts;
  utf8ToUtf16: TranscodeTexts;
  ringDrain: ReadRing;
  ringScan: ReadRing;
  ringPack(
    rounds: number,
    ring: number,
    dataBytes: number,
    start: number,
    table: number,
    count: number,
    batch: number,
  ): number;
  poolIndex(
    rounds: number,
    records: number,
    count: number,
    index: number,
    slots: number,
    hashes: number,
    chunk: number,
  ): void;
}
type TranscodeTexts = (
  rounds: number,
  from: number,
  to: number,
  sizes: number,
  written: number,
  count: number,
  stride: number,
) => void;
type ReadRing = (
  rounds: number,
  ring: number,
  dataBytes: number,
  start: number,
  out: number,
  table: number,
  count: number,
  batch: number,
) => number;

/** Loads one build, which works on `memory` from then on. */
export function loadNative(name: string, memory: EngineMemory): NativeKernels {
  // Not imported: it takes every process of a contender 20 ms, and few need it.
  const koffi: typeof Koffi = createRequire(import.meta.url)('koffi');
  const library = koffi.load(join(OUTPUT, `${name}.so`));
  library.func('void prepare(void *memory)')(memory.u8);
  const bind = (symbol: string, count: number, result: 'int' | 'void') =>
    library.func(symbol, result, Array<string>(count).fill('int')) as never;
  return {
    memory,
    hostToDaemon: bind('repeat_host_to_daemon', 5, 'void'),
    daemonToHost: bind('repeat_daemon_to_host', 4, 'void'),
    utf16ToUtf8: bind('repeat_utf16_to_utf8', 7, 'void'),
    utf8ToUtf16: bind('repeat_utf8_to_utf16', 7, 'void'),
    ringDrain: bind('repeat_ring_drain', 8, 'int'),
    ringScan: bind('repeat_ring_scan', 8, 'int'),
    ringPack: bind('repeat_ring_pack', 7, 'int'),
    poolIndex: bind('repeat_pool_index', 7, 'void'),
  };
}
