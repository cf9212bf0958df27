/** Markdown from the rows of a recorded run (bench/harness/row.ts). */
import { FLOORS } from './performance-floors.js';

/** @typedef {{ machine: object, rows: object[] }} Run */

const matches = (row, suite, params) =>
  row.suite === suite && Object.entries(params).every(([key, value]) => row.params[key] === value);

const find = ({ rows }, suite, params, name = 'wasm') =>
  rows.find((row) => row.name === name && matches(row, suite, params));

const times = (ratio) => (ratio === undefined ? '–' : ratio.toFixed(ratio < 0.1 ? 3 : 2));

const table = (head, lines) =>
  [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...lines.map((line) => `| ${line.join(' | ')} |`),
  ].join('\n');

/** Nanoseconds, or what is readable of more. */
function duration(ns) {
  if (ns >= 1e6) return `${(ns / 1e6).toFixed(2)} ms`;
  return ns >= 1e4 ? `${(ns / 1e3).toFixed(1)} µs` : `${ns < 100 ? ns.toFixed(1) : ns.toFixed(0)} ns`;
}

export function machineText({ machine, rows }) {
  const margins = rows.map(({ rme_percent }) => rme_percent).filter((margin) => margin !== undefined);
  margins.sort((left, right) => left - right);
  const half = margins[margins.length >> 1];
  const tenth = margins[Math.floor(margins.length * 0.9)];
  return [
    `${machine.cpu}, ${machine.cores} cores (a virtual machine), ${machine.platform}, Node ${machine.node} (V8 ${machine.v8}),`,
    `gcc ${machine.gcc}, ${machine.date}; load of the machine when it began: ${machine.load}${machine.quick ? '; a quick run, of three turns' : ''}. Half of the figures have a margin`,
    `(95 %) within ±${half} %, nine tenths within ±${tenth} %.`,
  ].join('\n');
}

/** The speed of wasm divided by that of the best among the contenders named. */
function againstBest(row, names) {
  const ratios = names.map((name) => row.ratio_to[name]).filter((ratio) => ratio !== undefined);
  return ratios.length === 0 ? undefined : Math.min(...ratios);
}

const SEPARATOR = ' · ';

/** One line for each line of the list of floors; the cases of a line in the order of its name. */
export function summary(run) {
  const lines = FLOORS.map(({ name, suite, cases, against, floor, goal, unit }) => {
    const rows = cases.map((params) => find(run, suite, params));
    if (rows.includes(undefined)) throw new Error(`the record lacks ${suite}`);
    const measured = rows.map((row) => (unit === 'ms' ? row.ns_per_op / 1e6 : againstBest(row, against)));
    const met = (asked) => measured.every((value, i) => (unit === 'ms' ? value <= asked[i] : value >= asked[i]));
    const one = (of) => rows.map(of).join(SEPARATOR);
    return [
      name,
      one((row) => duration(row.ns_per_op)),
      unit === 'ms'
        ? ''
        : measured.map((value, i) => (value < 1 ? `**${times(value)}**` : times(value, i))).join(SEPARATOR),
      one((row) => times(row.ratio_to.node)),
      one((row) => times(row.ratio_to['c-sse'])),
      `${floor.join(SEPARATOR)}${unit === 'ms' ? ' ms' : ''}`,
      met(goal) ? 'goal' : met(floor) ? 'yes' : `no: ${shortOf(measured, floor, unit)}`,
    ];
  });
  return table(['', 'wasm', 'wasm : js', 'wasm : node', 'wasm : C', 'asked', 'met'], lines);
}

function shortOf(measured, floor, unit) {
  const missed = measured.map((value, i) => (unit === 'ms' ? value > floor[i] : value < floor[i]));
  const count = missed.filter(Boolean).length;
  return measured.length === 1 ? 'short' : `${count} of ${measured.length} short`;
}

/** For each case short of its floor: what it would have to take, and what C takes. */
export function short(run) {
  const lines = FLOORS.flatMap(({ suite, cases, against, floor, unit }) =>
    cases.flatMap((params, i) => {
      const row = find(run, suite, params);
      if (unit === 'ms' || againstBest(row, against) >= floor[i]) return [];
      const best = Math.min(
        ...against.map((name) => find(run, suite, params, name)?.ns_per_op ?? Number.POSITIVE_INFINITY),
      );
      const native = find(run, suite, params, 'c-sse')?.ns_per_op;
      const wanted = best / floor[i];
      const reach = native === undefined ? '' : native <= wanted ? 'yes' : 'no';
      return [
        [
          `${suite}: ${caseText(row)}`,
          duration(row.ns_per_op),
          duration(best),
          duration(wanted),
          native === undefined ? '–' : duration(native),
          reach,
        ],
      ];
    }),
  );
  if (lines.length === 0) return 'Nothing.';
  return table(['case', 'wasm', 'best JavaScript', 'floor', 'C with SSE', 'C reaches the floor'], lines);
}

const JAVASCRIPT = ['js', 'js-slices', 'node', 'js-f64', 'js-i32', 'js-copywithin', 'js-set'];

const caseText = ({ params }) =>
  Object.entries(params)
    .map(([key, value]) => (key === 'text' || key === 'operation' || key === 'counted' ? value : `${key} ${value}`))
    .join(', ');

/** Everything in which some JavaScript was faster than WebAssembly. */
export function losses(run) {
  const lines = run.rows
    .filter(({ name, suite }) => name === 'wasm' && suite !== 'system')
    .flatMap((row) => {
      const [other, ratio] = Object.entries(row.ratio_to)
        .filter(([name]) => JAVASCRIPT.includes(name))
        .reduce((least, entry) => (entry[1] < least[1] ? entry : least), ['', Number.POSITIVE_INFINITY]);
      return ratio < 1 ? [[row.suite, caseText(row), duration(row.ns_per_op), other, times(ratio)]] : [];
    });
  if (lines.length === 0) return 'In no case of this run.';
  return table(['suite', 'case', 'wasm', 'faster', 'wasm : it'], lines);
}

const geometricMean = (values) => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/** The fraction of C's speed, for each suite with C in it. */
export function againstC(run) {
  const rows = run.rows.filter((row) => row.name === 'wasm' && row.ratio_to['c-sse'] !== undefined);
  if (rows.length === 0) return 'There was no gcc in this run.';
  const suites = [...new Set(rows.map(({ suite }) => suite))];
  const lines = suites.flatMap((suite) => {
    const own = rows.filter((row) => row.suite === suite);
    return [...new Set(own.map(({ params }) => params.batch ?? ''))].map((batch) => {
      const same = own.filter(({ params }) => (params.batch ?? '') === batch);
      const sse = same.map((row) => row.ratio_to['c-sse']);
      const worst = same[sse.indexOf(Math.min(...sse))];
      return [
        suite,
        batch,
        times(geometricMean(sse)),
        `${times(Math.min(...sse))} (${caseText(worst)})`,
        times(geometricMean(same.map((row) => row.ratio_to.c))),
      ];
    });
  });
  const perCase = rows
    .filter(({ suite, params }) => suite.endsWith('-to-host') || (suite.endsWith('-to-daemon') && params.batch !== 1))
    .filter(({ params }) => params.batch !== 1)
    .map((row) => {
      const ns = (name) => duration(find(run, row.suite, row.params, name).ns_per_op);
      return [row.suite, caseText(row), ns('wasm'), ns('c-sse'), ns('c'), times(row.ratio_to['c-sse'])];
    });
  return [
    table(['suite', 'batch', 'of C with SSE, mean', 'worst', 'of C without, mean'], lines),
    '',
    table(['suite', 'case', 'wasm', 'C with SSE', 'C without', 'wasm : C with SSE'], perCase),
  ].join('\n');
}

/** A single message a call: what `auto` takes against the best there is, C and memcpy left out. */
export function singles({ rows }) {
  const lines = rows
    .filter(({ name, params }) => name === 'auto' && params.batch === 1)
    .map((row) => {
      const rivals = Object.entries(row.ratio_to).filter(([name]) => !['memcpy', 'c', 'c-sse'].includes(name));
      const [best, ratio] = rivals.reduce((least, entry) => (entry[1] < least[1] ? entry : least));
      const verdict = ratio >= 0.9 ? 'yes' : 'no';
      return [
        row.suite,
        caseText(row).replace(/,? ?batch 1(?=,|$)/, ''),
        duration(row.ns_per_op),
        best,
        times(ratio),
        verdict,
      ];
    });
  return table(['suite', 'case', 'auto', 'best of the others', 'auto : it', 'within 10 %'], lines);
}

export function validity({ rows }) {
  const judged = rows.filter(({ valid }) => valid !== undefined);
  const lines = judged.map((row) => {
    const one = (of) => Object.entries(of).map(([name, ratio]) => `${name} ${times(ratio)}`);
    return [
      row.suite,
      caseText(row),
      one(row.valid.measured).join(', '),
      one(row.valid.expected).join(', '),
      row.valid.valid ? 'yes' : '**no**',
    ];
  });
  return table(['suite', 'case', 'js : measured', 'expected', 'valid'], lines);
}

export function systemTable({ rows }) {
  const lines = rows
    .filter(({ suite, name }) => suite === 'system' && name === 'wasm')
    .map((row) => [
      row.params.guests,
      row.params.operation,
      row.ops_per_s,
      row.p50_us,
      row.p99_us,
      row.kib_per_guest,
      times(row.ratio_to.js),
    ]);
  return table(['guests', 'operation', 'requests/s', 'p50 µs', 'p99 µs', 'KiB a guest', 'wasm : js'], lines);
}

/** Every case and contender but those of the suite system. */
export function allFigures({ rows }) {
  const suites = [...new Set(rows.map(({ suite }) => suite))].filter((suite) => suite !== 'system');
  return suites
    .map((suite) => {
      const own = rows.filter((row) => row.suite === suite);
      const names = [...new Set(own.map(({ name }) => name))];
      const cases = [...new Set(own.map((row) => caseText(row)))];
      const lines = cases.map((text) => {
        const cell = (name) => {
          const row = own.find((one) => one.name === name && caseText(one) === text);
          return row === undefined ? '' : duration(row.ns_per_op);
        };
        return [text, ...names.map(cell)];
      });
      return `### ${suite}\n\n${table(['case', ...names], lines)}`;
    })
    .join('\n\n');
}
