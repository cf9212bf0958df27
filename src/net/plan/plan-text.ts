/** A plan as a person reads it: what changes, in which files, and what is started. */
import { createTwoFilesPatch } from 'diff';
import type { FileChange, ManagerCommand } from '../backends/backend.js';
import { BACKENDS } from '../backends/index.js';
import type { Plan } from './plan.js';

/** Lines without line ends at their ends; texts of files may hold any character. */
export function planText({ differences, files, activation, warnings, empty }: Plan): string {
  const notes = warnings.map((text) => `note: ${text}`).join('\n');
  if (empty) return ['nothing to do: the interface and its files are so already', notes].join('\n').trimEnd();
  const parts = [differences.map(({ sign, what, text }) => `${sign} ${what.padEnd(8)}${text}`).join('\n')];
  parts.push(...files.map(unifiedDiff));
  if (activation.before.length > 0) parts.push(`before:\n${activation.before.map(commandLine).join('\n')}`);
  if (activation.after.length > 0) parts.push(`then:\n${activation.after.map(commandLine).join('\n')}`);
  return [...parts, notes].filter((part) => part !== '').join('\n\n');
}

/** With secrets left out: what it shows may end in a log or a ticket. */
export function unifiedDiff({ path, before, after }: FileChange): string {
  const patch = createTwoFilesPatch(
    before === undefined ? '/dev/null' : path,
    after === undefined ? '/dev/null' : path,
    withoutSecrets(before ?? ''),
    withoutSecrets(after ?? ''),
  );
  return patch.slice(patch.indexOf('---')).trimEnd();
}

/** Of every manager: a plan may change files of several programs. */
const SECRET_KEYS = [...new Set(BACKENDS.flatMap(({ secretKeys = [] }) => secretKeys))].join('|');
const SECRET = new RegExp(`^([ \\t]*[\\w.-]*(?:${SECRET_KEYS})[\\w.-]*(?:[ \\t]*[=:][ \\t]*|[ \\t]+)).+$`, 'gim');

function withoutSecrets(text: string): string {
  return text.replace(SECRET, '$1(not shown)');
}

/** Quoted where a shell would need it, so that it can be copied; nothing here runs it so. */
export function commandLine({ argv, otherwise, unlessSo }: ManagerCommand): string {
  const or = otherwise === undefined ? '' : ` ||\n    ${quoted(otherwise)}`;
  return `  ${quoted(argv)}${or}${unlessSo ? '  # unless it is so by then' : ''}`;
}

const quoted = (argv: ManagerCommand['argv']): string =>
  argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
