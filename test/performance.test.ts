import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert, suite } from './_support/suite.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

interface Row {
  suite: string;
  name: string;
  params: Record<string, string | number>;
  ops_per_s: number;
  ns_per_op: number;
  ratio_to: Record<string, number>;
}

const [, ...rows] = read('bench/record.jsonl')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Row);
const caseOf = ({ suite, params }: Row): string => JSON.stringify([suite, params]);

suite('performance tables', ({ test }) => {
  test('the tables of README and docs are what the recorded run makes', () => {
    const check = spawnSync(process.execPath, [join(root, 'scripts/performance.js'), '--check'], { encoding: 'utf8' });
    assert.is(check.stderr, '');
    assert.is(check.status, 0);
  });

  test('README and docs show the same table', () => {
    const block = (text: string): string | undefined =>
      /<!-- bench summary -->\n([\s\S]*)<!-- bench summary end -->/.exec(text)?.[1];
    const table = block(read('README.md'));
    assert.ok(table?.includes('host → daemon'));
    assert.is(block(read('docs/performance.md')), table);
  });

  test('every row has ratios to all other contenders of its case, and only known parameters', () => {
    const contenders = new Map<string, Set<string>>();
    for (const row of rows) contenders.set(caseOf(row), (contenders.get(caseOf(row)) ?? new Set()).add(row.name));
    const known = 'text batch payload units records direction read counted operation guests'.split(' ');
    for (const row of rows) {
      const others = [...contenders.get(caseOf(row))!].filter((name) => name !== row.name);
      assert.equal(Object.keys(row.ratio_to).sort(), others.sort(), caseOf(row));
      assert.ok(
        Object.keys(row.params).every((key) => known.includes(key)),
        caseOf(row),
      );
      assert.ok(row.ns_per_op > 0 && row.ops_per_s > 0 && Object.values(row.ratio_to).every((ratio) => ratio > 0));
    }
  });
});
