/**
 * Where we differ on purpose from the software that the vectors were recorded from. A vector with a `quirk` names one
 * or several phrases; each phrase has exactly one rule, which changes the recorded bytes into those we must produce,
 * and says why. Everything a rule does not touch must be as recorded.
 */
export interface Rule<Case> {
  name: string;
  /** The phrase of the vector's `quirk` that calls for this rule. */
  quirk: string;
  /** Why we differ; or why we do not although the vector calls it a quirk. */
  reason: string;
  /** Changes `expected` in place; returns an error code where we refuse instead. Absent: the recorded bytes stand. */
  apply?: (vector: Case, expected: Uint8Array) => string | undefined;
}

/** Applies the rules of a vector's quirk and keeps count, so that a rule without a purpose shows. */
export class RuleBook<Case extends { name: string; quirk?: string }> {
  readonly #rules: readonly Rule<Case>[];
  readonly #uses = new Map<string, { used: number; changed: number }>();

  constructor(rules: readonly Rule<Case>[]) {
    this.#rules = rules;
    for (const rule of rules) this.#uses.set(rule.name, { used: 0, changed: 0 });
    if (this.#uses.size !== rules.length) throw new Error('two rules have one name');
  }

  /** The bytes that we must produce, or the error code. */
  expect(vector: Case, recorded: Uint8Array): { bytes: Uint8Array; code?: string } {
    const bytes = recorded.slice();
    let code: string | undefined;
    for (const phrase of vector.quirk?.split('; ') ?? []) {
      const matching = this.#rules.filter((rule) => rule.quirk === phrase);
      if (matching.length !== 1) throw new Error(`${matching.length} rules for "${phrase}" of "${vector.name}"`);
      const rule = matching[0]!;
      code ??= rule.apply?.(vector, bytes);
      // What the rule does by itself, whatever the others of this vector did before it.
      const alone = recorded.slice();
      const refused = rule.apply?.(vector, alone);
      const uses = this.#uses.get(rule.name)!;
      uses.used++;
      if (refused !== undefined || Buffer.compare(recorded, alone) !== 0) uses.changed++;
    }
    return code === undefined ? { bytes } : { bytes, code };
  }

  /** What is wrong with the rules themselves after all vectors were judged. */
  complaints(): string[] {
    const wrong: string[] = [];
    for (const rule of this.#rules) {
      const { used, changed } = this.#uses.get(rule.name)!;
      if (used === 0) wrong.push(`${rule.name}: no vector needs it`);
      else if (rule.apply !== undefined && changed === 0) wrong.push(`${rule.name}: changes nothing`);
    }
    return wrong;
  }
}
