/**
 * One graph with shared chunks: every subpath of the package is an entry, so `./codec` and `./ring` share one engine.
 * The only plugin turns a built WebAssembly module into a string that is decoded on first use.
 */
import { existsSync, readFileSync } from 'node:fs';

const entries = {
  index: 'index',
  codec: 'codec/index',
  'codec-js': 'codec/js',
  ring: 'ring/index',
  driver: 'driver/index',
  device: 'device/index',
  pool: 'pool/index',
  net: 'net/index',
  daemon: 'daemon/index',
  host: 'host/index',
  testing: 'system/index',
  cim: 'cim/index',
  internal: 'internal',
  'bin/hv-kvp': 'cli/hv-kvp',
  'bin/hv-kvp-daemon': 'cli/hv-kvp-daemon',
};

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const external = (id) =>
  id.startsWith('node:') || Object.keys(dependencies).some((name) => id === name || id.startsWith(`${name}/`));

/** `hv-kvp:wasm/NAME` → the bytes of build/wasm/NAME.wasm as base64. */
const wasmModule = {
  name: 'wasm-module',
  resolveId: (id) => (id.startsWith('hv-kvp:wasm/') ? `\0${id}` : null),
  load(id) {
    if (!id.startsWith('\0hv-kvp:wasm/')) return null;
    const bytes = readFileSync(`build/wasm/${id.slice('\0hv-kvp:wasm/'.length)}.wasm`);
    return `export const base64 = ${JSON.stringify(bytes.toString('base64'))};`;
  },
};

export default {
  input: Object.fromEntries(
    Object.entries(entries)
      .map(([name, source]) => [name, `build/js/${source}.js`])
      .filter(([, file]) => existsSync(file)),
  ),
  external,
  // No module does anything when it is merely imported (package.json "sideEffects"), nor does a dependency: so
  // `./codec/js` carries neither the WebAssembly modules nor their loader.
  treeshake: { moduleSideEffects: false },
  plugins: [wasmModule],
  output: {
    dir: 'dist',
    format: 'es',
    sourcemap: true,
    chunkFileNames: 'chunks/[name]-[hash].js',
    banner: (chunk) => (chunk.name.startsWith('bin/') ? '#!/usr/bin/env node' : ''),
  },
};
