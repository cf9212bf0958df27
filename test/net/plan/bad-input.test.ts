/**
 * Files that are no settings: each that was read is named, in a refusal or in a note, and no other manager takes the
 * interface over. One by one, every file of every stock tree.
 */
import { mkdirSync, readdirSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KvpError } from 'hv-kvp';
import { type Plan, planTree } from 'hv-kvp/net';
import { configuration } from '../../_support/configurations.js';
import { Random, seedOfRun } from '../../_support/random.js';
import { inStockTree, stockNames, targetIn } from '../../_support/stock-trees.js';
import { assert, suite } from '../../_support/suite.js';

const WANTED = configuration('192.0.2.7/24', '192.0.2.1', '192.0.2.53');
const TEN_MEGABYTES = 10 * 1024 * 1024;

/** What stands in the file's place. */
const HARMS: Readonly<Record<string, (path: string, random: Random) => void>> = {
  'random bytes': (path, random) =>
    writeFileSync(
      path,
      Uint8Array.from({ length: 4_096 }, () => random.below(256)),
    ),
  'a directory': (path) => mkdirSync(path),
  '10 MB': (path) => {
    writeFileSync(path, '');
    truncateSync(path, TEN_MEGABYTES);
  },
  'a link out of the root': (path) => symlinkSync('../../../../../../../../../../somewhere/else', path),
  'a link to itself': (path) => symlinkSync(path.slice(path.lastIndexOf('/') + 1), path),
};

/** Only that they are there counts: programs, what a service is enabled by, and what is written over. */
const ONLY_THERE = /\/(?:s?bin|rc\.d|systemd\/system|cloud\/cloud\.cfg$)|\.wants\//;

suite('a file that is no settings', ({ test }) => {
  for (const tree of stockNames())
    for (const [harm, put] of Object.entries(HARMS))
      test(`${tree}: each by turns ${harm}`, () => {
        const random = new Random(seedOfRun());
        inStockTree(tree, (clean) => {
          const target = targetIn(tree);
          const right = planTree({ root: clean, target, wanted: WANTED }).backend.name;
          for (const path of filesOf(clean).filter((one) => !ONLY_THERE.test(one)))
            inStockTree(tree, (root) => {
              rmSync(join(root, path));
              put(join(root, path), random);
              const found = planOrError(() => planTree({ root, target, wanted: WANTED }));
              const says = found instanceof KvpError ? found.message : found.warnings.join('\n');
              const title = `${path}: ${found instanceof KvpError ? found.message : found.backend.name}`;
              if (found instanceof KvpError) assert.is(found.code, 'ERR_NET_FILE', title);
              else assert.is(found.backend.name, right, title);
              assert.ok(says.includes(path) || isUnread(tree, path), `${title} does not name it`);
            });
        });
      });
});

function planOrError(plan: () => Plan): Plan | KvpError {
  try {
    return plan();
  } catch (error) {
    if (error instanceof KvpError) return error;
    throw error;
  }
}

/** Without it, or with something else in it, the plan is the same. */
function isUnread(tree: string, path: string): boolean {
  return inStockTree(tree, (root) => {
    const target = targetIn(tree);
    const text = () =>
      JSON.stringify(planTree({ root, target, wanted: WANTED }), (key, value) =>
        key === 'backend' ? value.name : value,
      );
    const before = text();
    rmSync(join(root, path));
    return text() === before;
  });
}

const filesOf = (root: string): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(root, name), { throwIfNoEntry: false })?.isFile())
    .map((name) => `/${name}`);
