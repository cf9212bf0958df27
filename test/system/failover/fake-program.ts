/** A manager's program that misbehaves when a test says so, and else is the real one. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { until } from '../../_support/until.js';
import { writeFile } from './guest-system.js';
import { run } from './network.js';

/** Before every other folder in which our programs are looked for. */
const FOLDER = '/usr/local/sbin';

export interface FakeProgram {
  /** At its next start it runs this shell script, and then itself unless the script has ended. */
  nextTime(script: string): void;
  /** Whether a script still waits for its start. */
  readonly waits: boolean;
}

export function fakeProgram(name: string): FakeProgram {
  const path = (process.env['PATH'] ?? '').split(':').filter((folder) => folder !== FOLDER);
  const real = run('env', `PATH=${path.join(':')}`, 'sh', '-c', 'command -v "$1"', 'sh', name).trim();
  const next = `/run/fake/${name}`;
  writeFile(`/run/fake/${name}.log`, '');
  writeFile(
    `${FOLDER}/${name}`,
    `#!/bin/sh\nif mv ${next} ${next}.now 2>/dev/null; then . ${next}.now; fi\nexec ${real} "$@"\n`,
    0o755,
  );
  return {
    nextTime: (script) => writeFile(next, `${script}\n`),
    get waits() {
      return existsSync(next);
    },
  };
}

/** A program that waits until it is told to go on. */
export interface HeldProgram {
  /** Resolves when it has been started. */
  isThere(): Promise<void>;
  release(): void;
}

/** The next start of `program` waits, and is then the real one. */
export function holdNext(program: FakeProgram): HeldProgram {
  const [there, go] = ['/run/fake/there', '/run/fake/go'];
  for (const path of [there, go]) rmSync(path, { force: true });
  run('mkfifo', go);
  program.nextTime(`touch ${there}; read line <${go}`);
  return {
    isThere: () => until('the program is started', () => existsSync(there)),
    // Opened for both, which never waits for a reader.
    release: () => writeFileSync(go, 'go\n', { flag: 'r+' }),
  };
}
