/**
 * Builds what is out of date: AssemblyScript → wasm-opt → tsc → rollup, and with `--with tests,bench` those too.
 * A step runs when any of its inputs is newer than its stamp, so an up-to-date tree costs a few milliseconds.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);

const withArgument = process.argv.indexOf('--with');
const extras = withArgument < 0 ? [] : process.argv[withArgument + 1].split(',');
const verbose = process.env['HV_KVP_BUILD_VERBOSE'] === '1';

/** Newest modification below the given files and folders, in milliseconds. */
function newest(paths) {
  let latest = 0;
  for (const path of paths) {
    if (!existsSync(path)) continue;
    const stat = statSync(path);
    latest = Math.max(latest, stat.mtimeMs);
    if (stat.isDirectory()) latest = Math.max(latest, newest(readdirSync(path).map((name) => join(path, name))));
  }
  return latest;
}

function run(command, args) {
  const result = spawnSync(process.execPath, [join('node_modules', command), ...args], { stdio: 'inherit' });
  if (result.status !== 0) {
    console.error(`build: ${command} ${args.join(' ')} failed`);
    process.exit(1);
  }
}

function step(name, inputs, work) {
  const stamp = join('build', 'stamps', name);
  // A stamp written in the same instant as an edit must not hide the edit.
  if (existsSync(stamp) && statSync(stamp).mtimeMs > newest([...inputs, 'scripts/build.js', 'package-lock.json']))
    return;
  const started = performance.now();
  work();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, '');
  if (verbose) console.error(`build: ${name} ${Math.round(performance.now() - started)} ms`);
}

const optimize = (from, to, features) =>
  run('binaryen/bin/wasm-opt', ['-O4', '--enable-threads', '--enable-bulk-memory', ...features, from, '-o', to]);
const tsc = (project) => run('typescript/bin/tsc', ['-p', project]);

step('wasm', ['assembly', 'src/wire', 'asconfig.json'], () => {
  mkdirSync('build/wasm', { recursive: true });
  for (const target of ['release', 'release-scalar']) run('assemblyscript/bin/asc.js', ['--target', target]);
  optimize('build/wasm/release.wasm', 'build/wasm/simd.wasm', ['--enable-simd']);
  optimize('build/wasm/release-scalar.wasm', 'build/wasm/scalar.wasm', []);
});

step('types', ['src', 'tsconfig.json'], () => {
  // A deleted source must not live on in the bundles or the declarations.
  for (const stale of ['build/js', 'build/js.tsbuildinfo', 'dist/types'])
    rmSync(stale, { recursive: true, force: true });
  tsc('tsconfig.json');
});

step('bundle', ['build/js', 'build/wasm', 'rollup.config.js'], () => {
  for (const name of existsSync('dist') ? readdirSync('dist') : []) {
    if (name !== 'types') rmSync(join('dist', name), { recursive: true });
  }
  run('rollup/dist/bin/rollup', ['--config', 'rollup.config.js', '--silent']);
  copyFileSync('build/wasm/simd.wasm', 'dist/codec.wasm');
  for (const name of ['hv-kvp.js', 'hv-kvp-daemon.js']) chmodSync(join('dist/bin', name), 0o755);
});

for (const extra of extras) {
  const folder = { tests: 'test', bench: 'bench' }[extra];
  if (folder === undefined) throw new Error(`build: --with takes tests and bench, not ${extra}`);
  step(extra, [folder, 'dist/types'], () => {
    for (const stale of [`build/${folder}`, `build/${folder}.tsbuildinfo`])
      rmSync(stale, { recursive: true, force: true });
    tsc(`${folder}/tsconfig.json`);
  });
}
