/** The cases of test/vectors/net: files before, what is wanted, files after. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { IpConfiguration } from 'hv-kvp/net';
import type { Backend, TargetInterface } from '#internal';
import { assertReads, TARGET } from './backend-rules.js';
import { configTree, readTree } from './config-tree.js';
import { assert } from './suite.js';

const VECTORS = fileURLToPath(new URL('../../../test/vectors/net/', import.meta.url));

export interface BackendVector {
  name: string;
  folder: string;
  target: TargetInterface;
  wanted: IpConfiguration;
  before: Record<string, string>;
  /** Every file afterwards, those that did not change included. */
  after: Record<string, string>;
}

export function backendVectors(backend: string): BackendVector[] {
  return readdirSync(join(VECTORS, backend)).map((name) => {
    const folder = join(VECTORS, backend, name);
    const { target = TARGET, wanted } = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as BackendVector;
    const tree = (which: string) => (existsSync(join(folder, which)) ? readTree(join(folder, which)) : {});
    return { name, folder, target, wanted, before: tree('before'), after: tree('after') };
  });
}

/** The rendered files are those of the vector, say what was wanted, and need no further change. */
export function rendersAsRecorded(
  backend: Backend,
  { target, wanted, before, after, folder }: BackendVector,
  leavesServers?: boolean,
): void {
  const tree = configTree(before);
  try {
    tree.apply(backend.render(tree.files, target, wanted));
    if (process.env['HV_KVP_RECORD'] === '1') record(join(folder, 'after'), tree.contents());
    else assert.equal(tree.contents(), after);
    assertReads(backend.read(tree.files, target), wanted, leavesServers);
    assert.equal(backend.render(tree.files, target, wanted), []);
  } finally {
    tree.remove();
  }
}

function record(folder: string, contents: Record<string, string>): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [path, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
