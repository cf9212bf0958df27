/**
 * Times the contenders of a suite against one another, each in a process of its own, after it was shown that they
 * agree. They take turns, and who begins changes from turn to turn: what the machine does meanwhile meets all of them.
 */
import { Child } from './child.js';
import type { Limits } from './messages.js';
import type { Row } from './row.js';
import { rowsOf } from './statistics.js';
import type { Params, Suite } from './suite.js';

/** Samples far shorter than a scheduler's slice: on a busy machine many of them are then whole. */
const FULL: Limits & { turns: number } = { turns: 7, maxTime: 0.012, minTime: 0.0006, minSamples: 5, warm: 30_000 };
const QUICK: Limits & { turns: number } = { turns: 3, maxTime: 0.008, minTime: 0.0005, minSamples: 3, warm: 10_000 };

/**
 * In a quick run a contender has one process for the whole suite: starting one takes longer than what it is asked then,
 * and the twin loses a little by having seen other texts before.
 */
export async function contest(suite: Suite, quick: boolean, left: ReadonlySet<string>): Promise<Row[]> {
  const groups = suite.groups(quick);
  const rows: Row[] = [];
  for (const together of quick ? [groups] : groups.map((group) => [group])) {
    const contenders = suite.contenders(together.flat()).filter((name) => !left.has(name));
    const children = contenders.map((name) => new Child(name));
    try {
      for (const cases of together) rows.push(...(await contestGroup(suite.name, children, cases, quick)));
    } finally {
      for (const child of children) child.end();
    }
  }
  return rows;
}

async function contestGroup(
  suite: string,
  children: readonly Child[],
  cases: readonly Params[],
  quick: boolean,
): Promise<Row[]> {
  const entered = await Promise.all(
    children.map((child) => child.order({ kind: 'enter', suite, contender: child.name, cases }, 'entered')),
  );
  agree(suite, new Map(children.map(({ name }, i) => [name, entered[i]!.hash])));
  const rows: Row[] = [];
  for (const [at, params] of cases.entries()) {
    const taking = children.filter((_, i) => entered[i]!.takesPart[at]);
    rows.push(...rowsOf(suite, params, await turns(taking, at, quick ? QUICK : FULL)));
  }
  return rows;
}

/** Throws unless all that have an outcome have the same. */
function agree(suite: string, hashes: ReadonlyMap<string, string | undefined>): void {
  const outcomes = [...hashes].filter(([, hash]) => hash !== undefined);
  const [reference] = outcomes;
  for (const [name, hash] of outcomes) {
    if (hash !== reference![1]) throw new Error(`${suite}: ${name} does not agree with ${reference![0]}`);
  }
}

/** Nanoseconds an operation of each in each turn. */
async function turns(
  children: readonly Child[],
  at: number,
  { turns, ...limits }: Limits & { turns: number },
): Promise<Map<string, number[]>> {
  const times = new Map(children.map(({ name }) => [name, [] as number[]]));
  for (const child of children) await child.order({ kind: 'warm', at, limits }, 'warm');
  for (let turn = 0; turn < turns; turn++) {
    for (let place = 0; place < children.length; place++) {
      const child = children[(turn + place) % children.length]!;
      const { nanoseconds } = await child.order({ kind: 'turn', at, limits }, 'turn');
      times.get(child.name)!.push(nanoseconds);
    }
  }
  return times;
}
