/** The twin: every kernel of the WebAssembly module in JavaScript, for memories without it and for small batches. */
import type { Engine } from './engine.js';
import type { EngineMemory } from './memory.js';
import { batchKernels } from './twin/batch.js';
import { daemonToHostKernel } from './twin/daemon-to-host.js';
import { hostToDaemonKernel } from './twin/host-to-daemon.js';
import { poolKernels } from './twin/pool.js';
import { ringReadKernels } from './twin/ring-read.js';
import { ringWriteKernels } from './twin/ring-write.js';
import { textCheckKernel } from './twin/text-check.js';
import { utf8Kernel } from './twin/utf8.js';
import { utf16Kernel } from './twin/utf16.js';

/** Creates the JavaScript engine on `memory`, which may be a plain ArrayBuffer. */
export function createJsEngine(memory: EngineMemory): Engine {
  const utf16ToUtf8 = utf16Kernel(memory);
  const utf8ToUtf16 = utf8Kernel(memory);
  return {
    kind: 'js',
    memory,
    version: () => 1,
    utf16ToUtf8,
    utf8ToUtf16,
    hasNulOrSurrogate: textCheckKernel(memory),
    ...ringReadKernels(memory),
    ...ringWriteKernels(memory),
    hostToDaemon: hostToDaemonKernel(memory, utf16ToUtf8),
    daemonToHost: daemonToHostKernel(memory, utf8ToUtf16),
    ...batchKernels(memory),
    ...poolKernels(memory),
  };
}
