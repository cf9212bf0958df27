/** A plan as a person reads it: what changes, in which files, and what is started. */
import { formatPatch, type StructuredPatch, structuredPatch } from 'diff';
import { optional, requireList, requireObject, requireText } from '../../arguments.js';
import type { FileChange, ManagerCommand } from '../backends/backend.js';
import { BACKENDS } from '../backends/index.js';
import type { Plan } from './plan.js';

/** Lines without line ends at their ends; texts of files may hold any character. */
export function planText(plan: Plan): string {
  requireObject('plan', plan);
  const { differences, files, activation, warnings, empty } = plan;
  for (const [name, list] of Object.entries({ differences, files, warnings })) requireList(`plan.${name}`, list);
  requireObject('plan.activation', activation);
  const notes = warnings.map((text) => `note: ${text}`).join('\n');
  if (empty) return ['nothing to do: the interface and its files are so already', notes].join('\n').trimEnd();
  const parts = [differences.map(({ sign, what, text }) => `${sign} ${what.padEnd(8)}${text}`).join('\n')];
  parts.push(...files.map(unifiedDiff));
  if (activation.before.length > 0) parts.push(`before:\n${activation.before.map(commandLine).join('\n')}`);
  if (activation.after.length > 0) parts.push(`then:\n${activation.after.map(commandLine).join('\n')}`);
  return [...parts, notes].filter((part) => part !== '').join('\n\n');
}

/** With secrets left out: what it shows may end in a log or a ticket. */
export function unifiedDiff(change: FileChange): string {
  requireObject('change', change);
  const { path, before, after } = change;
  requireText('change.path', path);
  optional(requireText, 'change.before', before);
  optional(requireText, 'change.after', after);
  const names = [before, after].map((text) => (text === undefined ? '/dev/null' : path)) as [string, string];
  const texts = [before, after].map((text) => withoutSecrets(text ?? '')) as [string, string];
  // The library compares lines until as many differ; its time grows with the square of their number.
  const found = structuredPatch(...names, ...texts, undefined, undefined, { maxEditLength: MAX_DIFFERENT_LINES });
  const patch = formatPatch(found ?? wholePatch(names, texts));
  return patch.slice(patch.indexOf('---')).trimEnd();
}

const MAX_DIFFERENT_LINES = 2_000;
/** As many unchanged lines as a patch usually shows around the changed ones. */
const CONTEXT = 4;

/** One hunk, from the first line that differs to the last. */
function wholePatch([oldFileName, newFileName]: [string, string], texts: [string, string]): StructuredPatch {
  const linesOf = (text: string) => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));
  const [a, b] = texts.map(linesOf) as [string[], string[]];
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start++;
  let end = 0;
  while (end < shorter - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const first = Math.max(0, start - CONTEXT);
  const after = Math.min(end, CONTEXT);
  const marked = (sign: string, lines: string[]) => lines.map((line) => `${sign}${line}`);
  const lines = [
    ...marked(' ', a.slice(first, start)),
    ...marked('-', a.slice(start, a.length - end)),
    ...marked('+', b.slice(start, b.length - end)),
    ...marked(' ', a.slice(a.length - end, a.length - end + after)),
  ];
  const count = (of: string[]) => of.length - end + after - first;
  const hunk = { oldStart: first + 1, oldLines: count(a), newStart: first + 1, newLines: count(b), lines };
  return { oldFileName, newFileName, oldHeader: undefined, newHeader: undefined, hunks: [hunk] };
}

const SETTING = /^([ \t]*([\w.-]+)(?:[ \t]*[=:][ \t]*|[ \t]+)).+$/gm;
/** Of every manager: a plan may change files of several programs. */
const SECRET = new RegExp([...new Set(BACKENDS.flatMap(({ secretKeys = [] }) => secretKeys))].join('|'), 'i');

function withoutSecrets(text: string): string {
  return text.replace(SETTING, (line, head: string, key: string) => (SECRET.test(key) ? `${head}(not shown)` : line));
}

/** Quoted where a shell would need it, so that it can be copied; nothing here runs it so. */
export function commandLine({ argv, otherwise, unlessSo }: ManagerCommand): string {
  const or = otherwise === undefined ? '' : ` ||\n    ${quoted(otherwise)}`;
  return `  ${quoted(argv)}${or}${unlessSo ? '  # unless it is so by then' : ''}`;
}

const quoted = (argv: ManagerCommand['argv']): string =>
  argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
