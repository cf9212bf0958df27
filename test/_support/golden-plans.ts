/**
 * What a backend makes of the usual configurations, as a person reads it, against a file that a person has read:
 * `test/vectors/net/plans/<backend>.txt`. HV_KVP_RECORD=1 writes the file anew, for `git diff` to show what changed.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KvpError } from 'hv-kvp';
import type { IpConfiguration, Plan } from 'hv-kvp/net';
import { type Backend, journalText, makePlan, planText, readJournalText, type TargetInterface } from '#internal';
import { TARGET } from './backend-rules.js';
import { configTree } from './config-tree.js';
import { CASES, configuration } from './configurations.js';
import { assert } from './suite.js';

const FOLDER = fileURLToPath(new URL('../../../test/vectors/net/plans/', import.meta.url));

/** What Linux takes for a name, and some files do not. */
const ODD_NAMES = [
  'enp3s0f1np1.42',
  'eth0:1',
  '-x',
  '..',
  'a b',
  'x;#[y]',
  'e*',
  '$(id)',
  'q\'"',
  'b\\n',
  'ünï',
  '\u202e0hte',
];

/** `starts`: a name for each set of files that a plan begins with. The interface has an address by DHCP. */
export function equalsGoldenPlans(backend: Backend, starts: Readonly<Record<string, Record<string, string>>>): void {
  const present = configuration('192.0.2.99/24', '192.0.2.254', '192.0.2.254', true);
  const planned = (contents: Record<string, string>, target: TargetInterface, wanted: IpConfiguration): string => {
    const tree = configTree(contents);
    try {
      return planOrRefusal(() => makePlan({ files: tree.files, target, backend, reason: '', present, wanted }));
    } finally {
      tree.remove();
    }
  };
  const plans = Object.entries(starts).flatMap(([name, contents]) =>
    Object.entries(CASES).map(([title, wanted]) => [`${name}: ${title}`, planned(contents, TARGET, wanted)]),
  );
  const oddly = ODD_NAMES.map((name) => [
    `an interface called ${JSON.stringify(name)}`,
    planned({}, { ...TARGET, name }, CASES['single IPv4']!),
  ]);
  equalsRecorded(
    `${FOLDER}${backend.name}.txt`,
    [...plans, ...oddly].map(([title, plan]) => `======== ${title}\n\n${plan}\n`).join('\n'),
  );
}

export function planOrRefusal(make: () => Plan): string {
  try {
    const plan = make();
    isForTheJournal(plan);
    return planText(plan);
  } catch (error) {
    if (!(error instanceof KvpError)) throw error;
    return `refused: ${error.message}`;
  }
}

/** Else the change would be refused when it is made. */
function isForTheJournal({ backend, target, present, wanted, files }: Plan): void {
  if (target.name !== TARGET.name) return;
  const text = journalText({ backend: backend.name, target, present, wanted, files, boot: '' });
  assert.ok(readJournalText(text), `the journal holds ${files.map(({ path }) => path).join()}`);
}

export function equalsRecorded(path: string, text: string): void {
  if (process.env['HV_KVP_RECORD'] !== undefined) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  assert.fixture(text, readFileSync(path, 'utf8'));
}
