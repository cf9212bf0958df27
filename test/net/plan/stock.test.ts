import { detectsAndReads, plansAsRecorded, stockNames } from '../../_support/stock-trees.js';
import { suite } from '../../_support/suite.js';

suite('stock layouts', ({ test }) => {
  for (const name of stockNames()) {
    test(`${name}: the manager and what its files say`, () => detectsAndReads(name));
    test(`${name}: the plans are those that somebody has read`, () => plansAsRecorded(name));
  }
});
