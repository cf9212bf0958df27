/** Host message → daemon message: the engine's kernels against the twin, C, and what most people would write. */
import type { Suite } from '../harness/suite.js';
import { NATIVE } from '../native/library.js';
import { AUTO, batches, engineOf, isEngine, kernelsFor, memcpy, nativeOf, onlySingle } from './entrants.js';
import {
  engineEntrant,
  MOST,
  nativeEntrant,
  nodeEntrant,
  PAYLOAD_BYTES,
  payloadsOf,
} from './host-to-daemon-entrants.js';
import { TEXTS, textNamed } from './texts.js';

export const hostToDaemon: Suite = {
  name: 'host-to-daemon',
  contenders: (cases) => [...kernelsFor(cases), 'node', 'memcpy', ...NATIVE],
  groups: (quick) => TEXTS.map(({ name: text }) => batches(quick).map((batch) => ({ text, batch }))),
  enter(contender, { text }) {
    if (contender === 'memcpy') return memcpy(MOST, PAYLOAD_BYTES);
    const payloads = payloadsOf(textNamed(text));
    if (contender === 'node') return nodeEntrant(payloads);
    if (!isEngine(contender)) return nativeEntrant(nativeOf(contender), payloads);
    const entrant = engineEntrant(engineOf(contender), payloads);
    return contender === AUTO ? onlySingle(entrant) : entrant;
  },
};
