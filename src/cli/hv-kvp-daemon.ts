/** `hv-kvp-daemon` as npm installs it: see hv-kvp-daemon-program.ts for what it is. */
import { startProgram } from './start-program.js';

// Any failure of the stock daemon is a 1.
startProgram('hv-kvp-daemon', 1, () => import('./hv-kvp-daemon-program.js'));
