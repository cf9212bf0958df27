/** Packets found and described where they stand; only the one that wraps is copied. */
import type { Suite } from '../harness/suite.js';
import { NATIVE } from '../native/library.js';
import { AUTO, engineOf, isEngine, kernelsFor, memcpy, nativeOf, onlySingle } from './entrants.js';
import { filledRing, nativeReadEntrant, packetsIn, padded, readEntrant, ringGroups } from './ring-fixture.js';
import { nodeReadEntrant } from './ring-node.js';

export const ringScan: Suite = {
  name: 'ring-scan',
  contenders: (cases) => [...kernelsFor(cases), 'node', 'memcpy', ...NATIVE],
  groups: ringGroups,
  enter(contender, { payload }) {
    const bytes = Number(payload);
    if (contender === 'memcpy') return memcpy(packetsIn(bytes), padded(bytes));
    if (contender === 'node') return nodeReadEntrant(filledRing(bytes), bytes, false);
    if (!isEngine(contender)) return nativeReadEntrant(nativeOf(contender), bytes, 'ringScan');
    const entrant = readEntrant(engineOf(contender), bytes, 'ringScan');
    return contender === AUTO ? onlySingle(entrant) : entrant;
  },
};
