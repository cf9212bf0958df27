/** Packets taken out of a ring, copied. */
import type { Suite } from '../harness/suite.js';
import { NATIVE } from '../native/library.js';
import { AUTO, engineOf, isEngine, kernelsFor, memcpy, nativeOf, onlySingle } from './entrants.js';
import { COPY_LOOPS, copyLoopEntrant } from './ring-copy-loops.js';
import { filledRing, nativeReadEntrant, packetsIn, padded, readEntrant, ringGroups, START } from './ring-fixture.js';
import { nodeReadEntrant } from './ring-node.js';

export const ringDrain: Suite = {
  name: 'ring-drain',
  contenders: (cases) => [...kernelsFor(cases), ...COPY_LOOPS, 'node', 'memcpy', ...NATIVE],
  groups: ringGroups,
  enter(contender, { payload }) {
    const bytes = Number(payload);
    if (contender === 'memcpy') return memcpy(packetsIn(bytes), padded(bytes));
    if (contender === 'node') return nodeReadEntrant(filledRing(bytes), bytes, true);
    if (COPY_LOOPS.includes(contender)) return copyLoopEntrant(contender, filledRing(bytes), START, packetsIn(bytes));
    if (!isEngine(contender)) return nativeReadEntrant(nativeOf(contender), bytes, 'ringDrain');
    const entrant = readEntrant(engineOf(contender), bytes, 'ringDrain');
    return contender === AUTO ? onlySingle(entrant) : entrant;
  },
};
