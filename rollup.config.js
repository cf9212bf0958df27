/**
 * One graph with shared chunks: every subpath of the package is an entry, so `./codec` and `./ring` share one engine.
 * The two commands are files of their own that import nothing at first, so that a Node that is too old can still say so.
 * The daemon's program is one file: it starts with every guest, and loading thirty chunks takes longer than all
 * that it does until it has registered (docs/decisions.md).
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

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
  'bin/hv-kvp-program': 'cli/hv-kvp-program',
};

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const COMMANDS = ['hv-kvp', 'hv-kvp-daemon'];
const isBuiltin = (id) => id.startsWith('node:');
const isDependency = (id) => Object.keys(dependencies).some((name) => id === name || id.startsWith(`${name}/`));

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

/**
 * Dependencies by `require`, and not before they are used: Node takes 10 ms and 5 MB to find out what an imported
 * CommonJS module exports, and most are for requests that seldom come.
 */
const requiredDependencies = {
  name: 'required-dependencies',
  resolveId: (id) => (isDependency(id) ? `\0require:${id}` : null),
  load(id) {
    if (!id.startsWith('\0require:')) return null;
    const code = `import { createRequire } from 'node:module';
      let loaded;
      const load = () => (loaded ??= createRequire(import.meta.url)(${JSON.stringify(id.slice('\0require:'.length))}));
      export default new Proxy(() => {}, {
        get: (_, name) => load()[name],
        apply: (_, self, values) => Reflect.apply(load(), self, values),
      });`;
    return { code, syntheticNamedExports: true };
  },
};

const shared = {
  // No module does anything when it is merely imported (package.json "sideEffects"), nor does a dependency: so
  // `./codec/js` carries neither the WebAssembly modules nor their loader.
  treeshake: { moduleSideEffects: false },
};
const output = {
  dir: 'dist',
  format: 'es',
  sourcemap: true,
};

export default [
  {
    ...shared,
    input: Object.fromEntries(
      Object.entries(entries)
        .map(([name, source]) => [name, `build/js/${source}.js`])
        .filter(([, file]) => existsSync(file)),
    ),
    external: (id) => isBuiltin(id) || isDependency(id),
    plugins: [wasmModule],
    output: { ...output, chunkFileNames: 'chunks/[name]-[hash].js' },
  },
  {
    ...shared,
    input: { 'bin/hv-kvp-daemon-program': 'build/js/cli/hv-kvp-daemon-program.js' },
    external: isBuiltin,
    plugins: [wasmModule, requiredDependencies],
    output: { ...output, inlineDynamicImports: true },
  },
  ...COMMANDS.map((name) => ({
    ...shared,
    input: { [name]: `build/js/cli/${name}.js` },
    external: (id) => id.endsWith('-program.js') && !id.endsWith('start-program.js'),
    output: { ...output, dir: 'dist/bin', paths: (id) => `./${basename(id)}`, banner: '#!/usr/bin/env node' },
  })),
];
