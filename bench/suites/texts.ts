/**
 * The texts of the benchmarks: 64 different keys and values of a class, their lengths up to 15 % off the mean that its
 * name states. With few texts a processor learns the way through each by heart, and branches cost nothing.
 */

export interface TextClass {
  name: string;
  keys: readonly string[];
  values: readonly string[];
}

export const VARIANTS = 64;
const SPREAD = 0.15;
const SEED = 0x5eed;

/** What texts are put together from. */
export const WORDS = {
  ascii: ['Physical', 'HostName', 'Fully', 'Qualified', 'example', '.org', '-0123456789', '/', 'x', ' '],
  cyrillic: [...'ИмяВиртуальнойМашиныИзПула'],
  cjk: [...'虚拟机名称主机配置键值对交换数据'],
  mixed: ['Имя', '=', 'host-7', ' ', 'Größe', '虚拟机', 'ok', '😀', 'é', '—'],
} as const;

export type Script = keyof typeof WORDS;

/** Numbers from 0 to 1, the same in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Joined, not added: V8 keeps added strings in pieces, and who writes a text first pays for putting it together. */
function textOf(words: readonly string[], units: number, next: () => number): string {
  const chosen: string[] = [];
  for (let length = 0; length < units; length += chosen.at(-1)!.length) {
    const word = words[Math.floor(next() * words.length)]!;
    chosen.push(length + word.length > units ? 'x' : word);
  }
  return chosen.join('');
}

/** Texts of `units` units on average. */
export function textsOf(script: Script, units: number): string[] {
  const next = numbers(SEED + units);
  return Array.from({ length: VARIANTS }, () =>
    textOf(WORDS[script], Math.round(units * (1 - SPREAD + 2 * SPREAD * next())), next),
  );
}

const classOf = (script: Script, key: number, value: number): TextClass => ({
  name: `${script} ${key}/${value}`,
  keys: textsOf(script, key),
  values: textsOf(script, value),
});

export const TEXTS: readonly TextClass[] = [
  classOf('ascii', 22, 30),
  classOf('ascii', 22, 500),
  classOf('cyrillic', 22, 60),
  classOf('cjk', 22, 200),
  classOf('mixed', 22, 60),
];

/** The class of that name. */
export function textNamed(name: unknown): TextClass {
  const found = TEXTS.find((text) => text.name === name);
  if (found === undefined) throw new Error(`no texts ${name}`);
  return found;
}
