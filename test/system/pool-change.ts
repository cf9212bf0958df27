/** One change of a pool in a process of its own, which says when it is acknowledged: `pool-change.js DIRECTORY CHANGE`. */
import { writeSync } from 'node:fs';
import { openPools } from 'hv-kvp/pool';

const [directory, change] = process.argv.slice(2) as [string, string];
const pool = (await openPools(directory)).pool(1);
if (change === 'add') await pool.set('new', 'n'.repeat(2000));
else if (change === 'modify') await pool.set('k0', 'm'.repeat(2000));
else await pool.delete('k0');
writeSync(1, 'acknowledged\n');
