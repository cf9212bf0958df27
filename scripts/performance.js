/**
 * Writes the tables of README.md and docs/performance.md from one recorded run (bench/record.jsonl), so that no figure in
 * them was typed by hand. `--check` changes nothing and fails when they are not what the record makes.
 *
 * To renew them: `npm run bench -- --record bench/record.jsonl && node scripts/performance.js`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  againstC,
  allFigures,
  losses,
  machineText,
  short,
  singles,
  summary,
  systemTable,
  validity,
} from './performance-tables.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Which block of which file says what. */
const BLOCKS = {
  'README.md': { summary },
  'docs/performance.md': {
    machine: machineText,
    summary,
    short,
    losses,
    native: againstC,
    singles,
    validity,
    system: systemTable,
    figures: allFigures,
  },
};

function record() {
  const [first, ...rows] = readFileSync(join(root, 'bench/record.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { machine: first.machine, rows };
}

/** The file's text with its blocks filled. A block stands between two comments with its name. */
function filled(text, blocks, run) {
  let result = text;
  for (const [name, make] of Object.entries(blocks)) {
    const begin = `<!-- bench ${name} -->\n`;
    const end = `<!-- bench ${name} end -->`;
    const from = result.indexOf(begin);
    const to = result.indexOf(end);
    if (from < 0 || to < from) throw new Error(`no block ${name}`);
    result = `${result.slice(0, from + begin.length)}${make(run)}\n${result.slice(to)}`;
  }
  return result;
}

const run = record();
let stale = false;
for (const [file, blocks] of Object.entries(BLOCKS)) {
  const path = join(root, file);
  const text = readFileSync(path, 'utf8');
  const wanted = filled(text, blocks, run);
  if (wanted === text) continue;
  stale = true;
  if (process.argv.includes('--check')) console.error(`${file} is not what bench/record.jsonl makes`);
  else writeFileSync(path, wanted);
}
if (stale && process.argv.includes('--check')) process.exit(1);
