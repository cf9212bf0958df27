/** A YAML file that keeps its comments, and the writer's layout where nothing changes. */
import { diffArrays } from 'diff';
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  visit,
  YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { KvpError } from '../../../errors.js';

/** The library compares each key with every other one; `refuseDoubleKeys` does that in one pass. */
const PARSING = { logLevel: 'error', uniqueKeys: false } as const;

/** Beyond it a file is no configuration that a person or a tool of theirs wrote. */
const MAX_CHARACTERS = 256 * 1024;

export class YamlFile {
  readonly path: string;
  readonly #text: string;
  readonly #document: Document.Parsed;

  /** Throws ERR_NET_FILE for what is no single document without aliases, or has a key twice. */
  constructor(text: string, path: string) {
    this.path = path;
    this.#text = text;
    this.#document = parse(text, path);
    visit(this.#document, {
      Alias: () => {
        throw this.refused('an alias');
      },
    });
    const root = this.#document.contents;
    if (root !== null && !isMap(root) && !(isScalar(root) && root.value === null)) throw this.refused('no mapping');
  }

  /** The mapping at this path; undefined where there is none. Throws ERR_NET_FILE where something else stands. */
  map(...path: string[]): YAMLMap | undefined {
    let node: unknown = this.#document.contents;
    for (const key of path) {
      if (!isMap(node)) return undefined;
      node = valueAt(node, key);
    }
    return this.asMap(node, path);
  }

  /** The same of what was found at this path. */
  asMap(node: unknown, path: readonly string[]): YAMLMap | undefined {
    if (node === undefined || node === null || (isScalar(node) && node.value === null)) return undefined;
    if (!isMap(node)) throw this.refused(path.join('.'));
    return node as YAMLMap;
  }

  /** The same, made where there is none. */
  ensureMap(...path: string[]): YAMLMap {
    const present = this.map(...path);
    if (present !== undefined) return present;
    const made = new YAMLMap();
    if (path.length === 0) this.#document.contents = made as Document.Parsed['contents'];
    else set(this.ensureMap(...path.slice(0, -1)), path.at(-1)!, made);
    return made;
  }

  node(value: unknown): Node {
    return this.#document.createNode(value);
  }

  refused(what: string): KvpError {
    return new KvpError('ERR_NET_FILE', { detail: `${this.path}: ${what}` });
  }

  toString(): string {
    const layout = layoutOf(this.#text);
    const now = this.#document.toString(layout);
    return this.#text === '' ? now : inItsLayout(this.#text, parse(this.#text, this.path).toString(layout), now);
  }
}

/** What the key stands for; keys are compared by their text, as netplan does, whatever type YAML gives them. */
export function valueAt(map: YAMLMap, key: string): unknown {
  return map.items.find((pair) => textOf(pair.key) === key)?.value ?? undefined;
}

export function set(map: YAMLMap, key: string, value: unknown): void {
  const pair = map.items.find((one) => textOf(one.key) === key);
  if (pair === undefined) map.add({ key, value } as never);
  else pair.value = value;
}

export function remove(map: YAMLMap, key: string): void {
  map.items = map.items.filter((pair) => textOf(pair.key) !== key);
}

/** A scalar as it is written, without quotes; undefined for anything else. */
export function textOf(node: unknown): string | undefined {
  if (typeof node === 'string') return node;
  if (!isScalar(node)) return undefined;
  return node.value === null ? undefined : (node.source ?? String(node.value));
}

export function withCommentsOf(old: unknown, node: Node): Node {
  if (isNode(old)) {
    node.commentBefore = old.commentBefore ?? null;
    node.comment = old.comment ?? null;
    node.spaceBefore = old.spaceBefore ?? false;
  }
  return node;
}

function parse(text: string, path: string): Document.Parsed {
  if (text.length > MAX_CHARACTERS) throw new KvpError('ERR_NET_FILE', { detail: `${path}: too long` });
  try {
    const document = parseDocument(text, PARSING);
    if (document.errors.length > 0) throw document.errors[0];
    visit(document, { Map: (_, map) => refuseDoubleKeys(map) });
    return document;
  } catch (cause) {
    const detail = `${path}: ${cause instanceof Error ? cause.message.split('\n')[0] : ''}`;
    throw new KvpError('ERR_NET_FILE', { detail, cause });
  }
}

function refuseDoubleKeys({ items }: YAMLMap): void {
  const seen = new Set<unknown>();
  for (const { key } of items) {
    const value = isScalar(key) ? key.value : key;
    if (seen.has(value)) throw new Error(`the key ${JSON.stringify(value)} stands twice`);
    seen.add(value);
  }
}

/** Of the first nested mapping and the first list below a key. */
function layoutOf(text: string) {
  const indent = /^[^\s#-][^\n]*:[ \t]*(?:#[^\n]*)?\n(?:[ \t]*(?:#[^\n]*)?\n)*( +)\S/m.exec(text)?.[1]?.length ?? 2;
  const list = /^( *)[^\s#-][^\n]*:[ \t]*(?:#[^\n]*)?\n(?:[ \t]*(?:#[^\n]*)?\n)*( *)- /m.exec(text);
  return {
    indent,
    indentSeq: list === null || list[1]!.length < list[2]!.length,
    lineWidth: 0,
    flowCollectionPadding: /[[{] /.test(text),
  };
}

/**
 * `was` is how the library prints the text unchanged. Where it has the same lines, but for spaces, those that did not
 * change stay as they were written, and new ones are indented as their likes are.
 */
function inItsLayout(text: string, was: string, now: string): string {
  const lines = (one: string): string[] => one.replace(/\n$/, '').split('\n');
  const bare = (line: string): string => line.replace(/\s/g, '');
  const [written, printed] = [lines(text), lines(was)];
  if (written.length !== printed.length || written.some((line, at) => bare(line) !== bare(printed[at]!))) return now;
  let at = 0;
  let above = { depth: 0, shift: 0 };
  const kept = diffArrays(printed, lines(now)).flatMap(({ added, removed, value }) => {
    if (removed || !added) {
      const first = at;
      at += value.length;
      above = { depth: depthOf(printed[at - 1]!), shift: depthOf(written[at - 1]!) - depthOf(printed[at - 1]!) };
      return removed ? [] : written.slice(first, at);
    }
    return value.map((line) => {
      const depth = depthOf(line);
      const shift = shiftAt(written, printed, at, line) ?? (depth > above.depth ? above.shift : 0);
      above = { depth, shift };
      return `${' '.repeat(Math.max(0, depth + shift))}${line.trimStart()}`;
    });
  });
  const result = `${kept.join('\n')}\n`;
  return sameContent(result, now) ? result : now;
}

const depthOf = (line: string): number => line.search(/\S|$/);
const isItem = (line: string): boolean => line.trimStart().startsWith('- ');

/** How much deeper the writer has a line of this kind and depth, by the nearest such line. */
function shiftAt(written: string[], printed: string[], at: number, line: string): number | undefined {
  const [depth, item] = [depthOf(line), isItem(line)];
  for (let away = 0; away <= printed.length; away++) {
    for (const one of [at - away, at + away]) {
      const alike = printed[one];
      if (alike !== undefined && depthOf(alike) === depth && isItem(alike) === item)
        return depthOf(written[one]!) - depth;
    }
  }
  return undefined;
}

function sameContent(a: string, b: string): boolean {
  const [one, other] = [a, b].map((text) => parseDocument(text, PARSING));
  return one!.errors.length === 0 && JSON.stringify(one!.toJS()) === JSON.stringify(other!.toJS());
}

export { isMap, isSeq, YAMLMap, type YAMLSeq };
