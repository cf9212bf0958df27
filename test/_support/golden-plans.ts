/**
 * What a backend makes of the usual configurations, as a person reads it, against a file that a person has read:
 * `test/vectors/net/plans/<backend>.txt`. HV_KVP_RECORD=1 writes the file anew, for `git diff` to show what changed.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Backend, makePlan, planText } from '#internal';
import { TARGET } from './backend-rules.js';
import { configTree } from './config-tree.js';
import { CASES, configuration } from './configurations.js';
import { assert } from './suite.js';

const FOLDER = fileURLToPath(new URL('../../../test/vectors/net/plans/', import.meta.url));

/** `starts`: a name for each set of files that a plan begins with. The interface has an address by DHCP. */
export function equalsGoldenPlans(backend: Backend, starts: Readonly<Record<string, Record<string, string>>>): void {
  const present = configuration('192.0.2.99/24', '192.0.2.254', '192.0.2.254', true);
  const plans = Object.entries(starts).flatMap(([name, contents]) =>
    Object.entries(CASES).map(([title, wanted]) => {
      const tree = configTree(contents);
      const plan = makePlan({ files: tree.files, target: TARGET, backend, reason: '', present, wanted });
      tree.remove();
      return `======== ${name}: ${title}\n\n${planText(plan)}\n`;
    }),
  );
  const text = plans.join('\n');
  const path = `${FOLDER}${backend.name}.txt`;
  if (process.env['HV_KVP_RECORD'] !== undefined) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(path, text);
  }
  assert.fixture(text, readFileSync(path, 'utf8'));
}
