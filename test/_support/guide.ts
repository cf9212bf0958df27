/** Runs the `js` blocks of a page of docs/: each a module of its own, by the name behind the fence. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface GuideBlock {
  name: string;
  /** What the page says behind `// →`, in order. */
  expected: string[];
  /** Imports the module and returns the lines it printed. */
  run(): Promise<string[]>;
}

/** Writes the blocks of `docs/PAGE.md` to a folder inside the package, so that they import it by its name. */
export function guideBlocks(page: string): GuideBlock[] {
  const folder = join('build', 'guides', page);
  mkdirSync(folder, { recursive: true });
  const text = readFileSync(join('docs', `${page}.md`), 'utf8');
  return Array.from(text.matchAll(/^```js (\S+)\n(.*?)^```$/gms), ([, name = '', code = '']) => {
    const file = join(folder, name);
    writeFileSync(file, code);
    return {
      name,
      expected: Array.from(code.matchAll(/\/\/ → (.*)$/gm), ([, line = '']) => line),
      run: () => printedBy(() => import(pathToFileURL(file).href)),
    };
  });
}

async function printedBy(work: () => Promise<unknown>): Promise<string[]> {
  const { format } = await import('node:util');
  const lines: string[] = [];
  const { log } = console;
  console.log = (...values: unknown[]) => void lines.push(format(...values));
  try {
    await work();
  } finally {
    console.log = log;
  }
  return lines;
}
