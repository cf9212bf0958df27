/** Packets written into a ring and published together. */
import type { Suite } from '../harness/suite.js';
import { NATIVE } from '../native/library.js';
import { AUTO, engineOf, isEngine, kernelsFor, memcpy, nativeOf, onlySingle } from './entrants.js';
import { nativePackEntrant, packEntrant, packetsIn, padded, ringGroups } from './ring-fixture.js';
import { nodePackEntrant } from './ring-node.js';

export const ringPack: Suite = {
  name: 'ring-pack',
  contenders: (cases) => [...kernelsFor(cases), 'node', 'memcpy', ...NATIVE],
  groups: ringGroups,
  enter(contender, { payload }) {
    const bytes = Number(payload);
    if (contender === 'memcpy') return memcpy(packetsIn(bytes), padded(bytes));
    if (contender === 'node') return nodePackEntrant(bytes);
    if (!isEngine(contender)) return nativePackEntrant(nativeOf(contender), bytes);
    const entrant = packEntrant(engineOf(contender), bytes);
    return contender === AUTO ? onlySingle(entrant) : entrant;
  },
};
