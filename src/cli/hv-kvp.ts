/** The `hv-kvp` command as npm installs it: see hv-kvp-program.ts for what it is. */
import { startProgram } from './start-program.js';

startProgram('hv-kvp', 3, () => import('./hv-kvp-program.js'));
