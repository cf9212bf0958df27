import { interleavings } from '../driver/interleaving-suite.js';

interleavings(Number(process.env['HV_KVP_INTERLEAVINGS'] ?? 1_000_000));
