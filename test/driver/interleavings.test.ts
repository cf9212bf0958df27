/** A first lot of interleavings; `HV_KVP_INTERLEAVINGS` sets how many, and the soak runs a million. */
import { interleavings } from './interleaving-suite.js';

interleavings(Number(process.env['HV_KVP_INTERLEAVINGS'] ?? 20_000));
