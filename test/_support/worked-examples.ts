/** The hex blocks of test/vectors/protocol/worked-examples.md by their heading's number: "9.1", "9.4", "9.4b". */
import { readFileSync } from 'node:fs';

export function workedExamples(): Map<string, Uint8Array> {
  const blocks = new Map<string, Uint8Array>();
  let heading = '';
  let open: string[] | undefined;
  for (const line of readFileSync('test/vectors/protocol/worked-examples.md', 'utf8').split('\n')) {
    heading = /^#+ ([\d.]+) /.exec(line)?.[1] ?? heading;
    if (!line.startsWith('```')) open?.push(line);
    else if (open === undefined) open = [];
    else {
      blocks.set(blocks.has(heading) ? `${heading}b` : heading, parseDump(open));
      open = undefined;
    }
  }
  return blocks;
}

/** Offset, hex bytes; or offset and "(zeros: N bytes, …)". The first offset is where the dump starts. */
function parseDump(lines: string[]): Uint8Array {
  const parts = lines.map((line) => {
    const zeros = /\(zeros: (\d+) bytes/.exec(line);
    return zeros === null ? Buffer.from(line.slice(6).replaceAll(' ', ''), 'hex') : new Uint8Array(Number(zeros[1]));
  });
  const start = Number.parseInt(lines[0]!, 16);
  lines.reduce((at, line, index) => {
    if (Number.parseInt(line, 16) !== at) throw new Error(`the dump has a gap before "${line}"`);
    return at + parts[index]!.length;
  }, start);
  return new Uint8Array(Buffer.concat(parts));
}
