/**
 * A YAML file that keeps its comments, and the writer's layout where nothing changes. An alias is read as what it stands
 * for; `own` makes a copy of that before it is changed, so that every other place keeps what it says.
 */
import { diffArrays } from 'diff';
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
  YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { fileError, lineAt } from '../../file-error.js';

/** The library compares each key with every other one; `doubleKey` does that in one pass. */
const PARSING = { logLevel: 'error', uniqueKeys: false } as const;

/** Beyond it a file is no configuration that a person or a tool of theirs wrote. */
const MAX_CHARACTERS = 256 * 1024;
/** Of a text that is written out in place of an alias. */
const MAX_COPIED_NODES = 10_000;

export class YamlFile {
  readonly path: string;
  readonly #text: string;
  readonly #document: Document.Parsed;
  #hasAliases = false;

  /** Throws ERR_NET_FILE for what is no single document, has a key twice, or an alias of nothing or of what holds it. */
  constructor(text: string, path: string) {
    this.path = path;
    this.#text = text;
    this.#document = parse(text, path);
    this.#resolveAliases();
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

  /**
   * What stands at `key`, a key of a mapping or a place of a list, as it may be changed: no alias, and none stands for
   * it. For what is to go away too, since aliases may stand for a part of it. `holder` has to be owned already.
   */
  own(holder: YAMLMap | YAMLSeq, key: string | number): unknown {
    const place = placeOf(holder, key);
    const value = place?.value;
    if (place === undefined || !isNode(value)) return value;
    if (isAlias(value)) place.value = this.#copyOf(targets.get(value)!);
    else this.#handOver(value);
    return place.value;
  }

  /** Owns the list at `key`, where there is one, and each of its items. */
  ownList(holder: YAMLMap, key: string): void {
    const list = this.own(holder, key);
    if (isSeq(list)) for (const at of list.items.keys()) this.own(list as YAMLSeq, at);
  }

  /** The mapping at this path, as `own` gives it. */
  ownMap(...path: string[]): YAMLMap | undefined {
    let node: unknown = this.#document.contents;
    for (const key of path) node = isMap(node) ? this.own(node as YAMLMap, key) : undefined;
    return isMap(node) ? (node as YAMLMap) : undefined;
  }

  /** For another file, where no alias of this one means anything. */
  copy(value: unknown): unknown {
    return isNode(value) ? this.#copyOf(value) : value;
  }

  node(value: unknown): Node {
    return this.#document.createNode(value);
  }

  refused(what: string): Error {
    return fileError(this.path, what);
  }

  /** By one walk in the order of the text, where the last anchor of a name counts. */
  #resolveAliases(): void {
    const anchors = new Map<string, Node>();
    visit(this.#document, {
      Node: (_, node, path) => {
        if (isAlias(node)) {
          const target = anchors.get(node.source);
          if (target === undefined) throw this.refused(`no anchor *${node.source}`);
          if (path.includes(target as never)) throw this.refused(`*${node.source} within itself`);
          targets.set(node, target);
          this.#hasAliases = true;
        } else if (node.anchor !== undefined) anchors.set(node.anchor, node);
      },
    });
  }

  /** Without anchors and aliases. Throws ERR_NET_FILE for a text of aliases that stands for a far longer one. */
  #copyOf(node: Node): Node {
    let left = MAX_COPIED_NODES;
    const copy = (one: unknown): unknown => {
      if (!isNode(one)) return one;
      if (left-- === 0) throw this.refused('aliases stand for too much');
      const original = resolved(one) as Node;
      const made = original.clone() as Node;
      if (!isAlias(made)) delete made.anchor;
      if (isMap(original) && isMap(made))
        made.items = original.items.map((pair) => {
          const twin = pair.clone() as Pair;
          twin.key = copy(pair.key);
          twin.value = copy(pair.value);
          return twin;
        }) as typeof made.items;
      if (isSeq(original) && isSeq(made)) made.items = original.items.map(copy);
      return made;
    };
    return copy(node) as Node;
  }

  /** The aliases of `node` and of what it holds get copies, unless they go away with it. */
  #handOver(node: Node): void {
    if (!this.#hasAliases) return;
    const held = new Set<Node>();
    visit(this.#document, {
      Node: (_, one, path) => {
        if (one === node || path.includes(node as never)) held.add(one);
      },
    });
    visit(this.#document, {
      Alias: (_, alias) => {
        const target = targets.get(alias)!;
        return held.has(target) && !held.has(alias) ? this.#copyOf(target) : undefined;
      },
    });
    const wanted = new Set<Node>();
    visit(this.#document, { Alias: (_, alias) => void wanted.add(targets.get(alias)!) });
    for (const one of held) if (!isAlias(one) && !wanted.has(one)) delete one.anchor;
  }

  toString(): string {
    const layout = layoutOf(this.#text);
    const now = this.#document.toString(layout);
    return this.#text === '' ? now : inItsLayout(this.#text, parse(this.#text, this.path).toString(layout), now);
  }
}

const targets = new WeakMap<Alias, Node>();

/** What an alias stands for; anything else as it is. */
export const resolved = (node: unknown): unknown => (isAlias(node) ? targets.get(node) : node);

const pairAt = (map: YAMLMap, key: string) => map.items.find((pair) => textOf(pair.key) === key);

function placeOf(holder: YAMLMap | YAMLSeq, key: string | number): { value: unknown } | undefined {
  if (isMap(holder)) return pairAt(holder as YAMLMap, String(key)) as { value: unknown } | undefined;
  const { items } = holder;
  return {
    get value() {
      return items[Number(key)];
    },
    set value(value) {
      items[Number(key)] = value as never;
    },
  };
}

/** What the key stands for; keys are compared by their text, as netplan does, whatever type YAML gives them. */
export function valueAt(map: YAMLMap, key: string): unknown {
  return resolved(pairAt(map, key)?.value) ?? undefined;
}

export function set(map: YAMLMap, key: string, value: unknown): void {
  const pair = pairAt(map, key);
  if (pair === undefined) map.add({ key, value } as never);
  else pair.value = value;
}

export function remove(map: YAMLMap, key: string): void {
  map.items = map.items.filter((pair) => textOf(pair.key) !== key);
}

/** A scalar as it is written, without quotes; undefined for anything else. */
export function textOf(found: unknown): string | undefined {
  const node = resolved(found);
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
  if (text.length > MAX_CHARACTERS) throw fileError(path, `${text.length} characters, more than ${MAX_CHARACTERS}`);
  const control = CONTROL.exec(text);
  if (control !== null)
    throw fileError(path, 'a character that YAML does not allow', { line: lineAt(text, control.index) });
  const lineCounter = new LineCounter();
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { ...PARSING, lineCounter });
  } catch (cause) {
    throw fileError(path, cause instanceof Error ? cause.message.split('\n')[0]! : String(cause), { cause });
  }
  const [error] = document.errors;
  if (error !== undefined) {
    const reason = error.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '');
    throw fileError(path, reason, { line: error.linePos?.[0].line, cause: error });
  }
  visit(document, {
    Map: (_, map) => {
      const key = doubleKey(map);
      if (key === undefined) return;
      const line = key.range ? lineCounter.linePos(key.range[0]).line : undefined;
      throw fileError(path, `the key ${JSON.stringify(key.value)} stands twice`, { line });
    },
  });
  return document;
}

/** The first that an earlier one equals, as the library would compare them. */
function doubleKey({ items }: YAMLMap): Scalar | undefined {
  const seen = new Set<unknown>();
  for (const { key } of items) {
    if (!isScalar(key)) continue;
    if (seen.has(key.value)) return key;
    seen.add(key.value);
  }
  return undefined;
}

/** What YAML 1.1 allows in no place, and what stands for bytes that are not UTF-8. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]/;

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
  try {
    return one!.errors.length === 0 && JSON.stringify(one!.toJS()) === JSON.stringify(other!.toJS());
  } catch {
    // Aliases that stand for too much.
    return false;
  }
}

export { isMap, isSeq, YAMLMap, type YAMLSeq };
