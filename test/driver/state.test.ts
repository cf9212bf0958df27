/** The recorded scripts of the Linux driver's state machine, all of them, through the session. */
import { readFileSync } from 'node:fs';
import { assert, suite } from '../_support/suite.js';
import { STATE_RULES } from './state-rules.js';
import { recorded, type Seen, StateScript, type StateVector } from './state-script.js';

const vectors: StateVector[] = readFileSync('test/vectors/driver/linux-state.jsonl', 'utf8')
  .trim()
  .split('\n')
  .map((text) => JSON.parse(text));

const rulesOf = (name: string) => STATE_RULES.filter((rule) => name in rule.vectors);

function expected(vector: StateVector): Seen[] {
  const seen = recorded(vector);
  for (const rule of rulesOf(vector.name))
    for (const [event, instead] of Object.entries(rule.vectors[vector.name]!(vector))) seen[Number(event)] = instead;
  return seen;
}

suite('driver: recorded scripts of the Linux driver', ({ test }) => {
  test('all 52 are here and have names of their own', () => {
    assert.is(vectors.length, 52);
    assert.is(new Set(vectors.map(({ name }) => name)).size, 52);
  });
  for (const vector of vectors) {
    const rules = rulesOf(vector.name);
    const suffix = rules.length === 0 ? '' : ` (${rules.map(({ name }) => name).join('; ')})`;
    test(`${vector.name}${suffix}`, () => {
      const script = new StateScript();
      script.run(vector);
      expected(vector).forEach((seen, index) => {
        assert.equal(script.seen[index], seen, `event ${index}, ${vector.events[index]!.event}`);
      });
      if (rules.length === 0) assert.equal(script.states, vector.states);
    });
  }
  test('every rule changes each event that it names', () => {
    for (const rule of STATE_RULES) {
      for (const [name, instead] of Object.entries(rule.vectors)) {
        const vector = vectors.find((candidate) => candidate.name === name);
        assert.ok(vector, `${rule.name}: no vector ${name}`);
        const seen = recorded(vector!);
        for (const [event, replacement] of Object.entries(instead(vector!)))
          assert.not.equal(replacement, seen[Number(event)], `${rule.name}: event ${event} of ${name} is as recorded`);
      }
    }
  });
  test('every rule stands in docs/differences.md', () => {
    const text = readFileSync('docs/differences.md', 'utf8');
    for (const { name } of STATE_RULES) assert.ok(text.includes(name), name);
  });
});
