/** The twin: every kernel of the WebAssembly module in JavaScript, for memories without it and for small batches. */
import type { Engine } from './engine.js';
import type { EngineMemory } from './memory.js';
import { batchKernels } from './twin/batch.js';
import { daemonToHostKernel } from './twin/daemon-to-host.js';
import { hostToDaemonKernel } from './twin/host-to-daemon.js';
import { poolKernels } from './twin/pool.js';
import { ringReadKernels } from './twin/ring-read.js';
import { ringWriteKernels } from './twin/ring-write.js';
import { textKernels } from './twin/text.js';

/** Creates the JavaScript engine on `memory`, which may be a plain ArrayBuffer. */
export function createJsEngine(memory: EngineMemory): Engine {
  const text = textKernels(memory);
  return {
    kind: 'js',
    memory,
    version: () => 1,
    ...text,
    ...ringReadKernels(memory),
    ...ringWriteKernels(memory),
    hostToDaemon: hostToDaemonKernel(memory, text.utf16ToUtf8),
    daemonToHost: daemonToHostKernel(memory, text.utf8ToUtf16),
    ...batchKernels(memory),
    ...poolKernels(memory),
  };
}
