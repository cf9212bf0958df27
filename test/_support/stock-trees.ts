/**
 * Files as distributions leave them (test/vectors/net/stock): which manager is found there, what is read, and the plans
 * of the usual wishes, one after the other, against text that a person has read.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BackendName, type IpConfiguration, planTree, type TreeRequest } from 'hv-kvp/net';
import { ConfigFiles, type TargetInterface } from '#internal';
import { TARGET } from './backend-rules.js';
import { applyChanges } from './config-tree.js';
import { configuration } from './configurations.js';
import { equalsRecorded, planOrRefusal } from './golden-plans.js';
import { assert } from './suite.js';

const FOLDER = fileURLToPath(new URL('../../../test/vectors/net/stock/', import.meta.url));

interface Case {
  manager: string;
  reason: string;
  /** What the files say of the interface; null: nothing. */
  present: IpConfiguration | null;
}

export const stockNames = (): string[] =>
  readdirSync(FOLDER, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

/** Those whose eth0 this manager has. */
export const stockNamesOf = (manager: BackendName): string[] =>
  stockNames().filter(
    (name) => (JSON.parse(readFileSync(join(FOLDER, name, 'case.json'), 'utf8')) as Case).manager === manager,
  );

const STATIC = configuration('192.0.2.7/24 2001:db8::7/64', '192.0.2.1 2001:db8::1', '192.0.2.53 2001:db8::53');
const DHCP = configuration('', '', '', true);
const HAS_DNS = configuration('', '', '192.0.2.53', true);

/** A tree that a test may change; gone after `use`. */
export function inStockTree<T>(name: string, use: (root: string) => T): T {
  const root = mkdtempSync(join(tmpdir(), 'hv-kvp-stock-'));
  try {
    cpSync(join(FOLDER, name, 'root'), root, { recursive: true, verbatimSymlinks: true });
    return use(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** eth0 unless a file `interface` names another one. */
export function targetIn(name: string): TargetInterface {
  const path = join(FOLDER, name, 'interface');
  return existsSync(path) ? { ...TARGET, name: readFileSync(path, 'utf8').trim() } : TARGET;
}

export function detectsAndReads(name: string): void {
  const target = targetIn(name);
  inStockTree(name, (root) => {
    const { backend, reason } = planTree({ root, target, wanted: STATIC });
    const present = backend.read(new ConfigFiles(root), target) ?? null;
    const found: Case = { manager: backend.name, reason, present };
    equalsRecorded(join(FOLDER, name, 'case.json'), `${JSON.stringify(found, null, 2)}\n`);
    if (present !== null)
      assert.ok(planTree({ root, target, wanted: present }).empty, 'what is so already needs no plan');
  });
}

/** Each wish over the files that the one before has left. */
export function plansAsRecorded(name: string): void {
  const text = inStockTree(name, (root) =>
    Object.entries({
      'a static configuration': STATIC,
      'the same again': STATIC,
      'back to DHCP': DHCP,
      'DHCP with a fixed DNS server': HAS_DNS,
    })
      .map(([title, wanted]) => `======== ${title}\n\n${planned({ root, target: targetIn(name), wanted })}\n`)
      .join('\n'),
  );
  equalsRecorded(join(FOLDER, name, 'plans.txt'), text);
}

function planned(request: TreeRequest): string {
  return planOrRefusal(() => {
    const plan = planTree(request);
    applyChanges(request.root, plan.files);
    return plan;
  });
}
