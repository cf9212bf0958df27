/** A process of its own that writes to a pool: `writer.js DIRECTORY POOL PREFIX COUNT [delete]`. */
import { openPools } from 'hv-kvp/pool';

const [directory, pool, prefix, count, mode] = process.argv.slice(2) as [string, string, string, string, string?];
const pools = await openPools(directory, { lockTimeoutMs: 60_000 });
for (let number = 0; number < Number(count); number++) {
  await pools.pool(pool).set(`${prefix}-${number}`, `value ${number}`);
  // Every second record goes again, so that others see records move.
  if (mode === 'delete' && number % 2 === 1) await pools.pool(pool).delete(`${prefix}-${number}`);
}
await pools.close();
