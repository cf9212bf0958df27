/**
 * Says that Node is too old instead of failing in the middle of it. This file and the two that use it are bundled alone,
 * in syntax that Node 10 reads: no optional chaining, no `await` outside a function, no import but the one of the program.
 */

const LEAST = [20, 19];

/** Loads and runs a program, or ends with `exitCode` and the reason where Node is too old for it. */
export function startProgram(name: string, exitCode: number, load: () => Promise<{ main: () => void }>): void {
  const found = process.versions.node;
  if (isOlder(found)) {
    process.exitCode = exitCode;
    process.stderr.write(
      `${name}: needs Node ${LEAST.join('.')} or newer, and this is ${found} - see "Node" in README.md for how to get it\n`,
    );
    return;
  }
  load().then(({ main }) => main());
}

function isOlder(version: string): boolean {
  const numbers = version.split('.').map(Number);
  const at = LEAST.findIndex((least, index) => numbers[index] !== least);
  return at >= 0 && (numbers[at] as number) < (LEAST[at] as number);
}
