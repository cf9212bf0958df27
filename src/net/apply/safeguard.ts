/** The manager's own way back, armed while a change is made: it is taken where nobody lives to take the change back. */
import type { Backend, ManagerCommand } from '../backends/backend.js';
import type { ConfigFiles } from '../config-files.js';
import type { Plan } from '../plan/plan.js';
import type { ApplyEvent } from './events.js';
import type { RunCommand } from './run-command.js';

interface SafeguardTools {
  files: ConfigFiles;
  run: RunCommand;
  onEvent: (event: ApplyEvent) => void;
}

/** After which a manager goes back by itself: later than we would have. Of 24 s it is 30 s. */
const SAFEGUARD_SHARE = 5 / 4;
/** For each of the programs. Of 24 s it is 1.5 s. */
const PROGRAM_SHARE = 1 / 16;
const DISARM_MS = 2_000;

/** What names it, once it is armed. A change is made without one where the manager has none, or cannot be told. */
export async function arm(
  { backend, target }: Plan,
  tools: SafeguardTools,
  withinMs: number,
): Promise<string | undefined> {
  const guard = backend.safeguard?.(tools.files, target, Math.ceil((withinMs * SAFEGUARD_SHARE) / 1_000));
  if (guard === undefined) return undefined;
  const ask = (argv: ManagerCommand['argv']) => askOne(argv, tools, withinMs * PROGRAM_SHARE);
  let answer = '';
  try {
    for (const step of guard.arm) {
      const argv = step(answer);
      if (argv === undefined) return undefined;
      answer = await ask(argv).catch(async (failure: unknown) => {
        const clearing = guard.clear(String(failure));
        if (clearing === undefined) throw failure;
        await ask(clearing);
        return ask(argv);
      });
    }
    return guard.tokenOf(answer);
  } catch {
    // `onEvent` has heard of it.
    return undefined;
  }
}

/** One that is gone, because its time was over or its manager started anew, is no failure. */
export async function disarm(backend: Backend, token: string | undefined, tools: SafeguardTools): Promise<void> {
  const command = token === undefined ? undefined : backend.disarm?.(token);
  if (command !== undefined) await askOne(command.argv, tools, DISARM_MS).catch(() => {});
}

async function askOne(
  argv: ManagerCommand['argv'],
  { run, onEvent }: SafeguardTools,
  withinMs: number,
): Promise<string> {
  const start = performance.now();
  const told = (error?: unknown) =>
    onEvent({ what: 'command', argv, ms: performance.now() - start, error, mattered: false });
  try {
    const answer = await run({ argv }, { withinMs });
    told();
    return answer;
  } catch (error) {
    told(error);
    throw error;
  }
}
