/** All suites whose contenders take turns. */
import type { Suite } from '../harness/suite.js';
import { daemonToHost } from './daemon-to-host.js';
import { decode } from './decode.js';
import { encode } from './encode.js';
import { hostToDaemon } from './host-to-daemon.js';
import { poolIndex } from './pool-index.js';
import { ringDrain } from './ring-drain.js';
import { ringPack } from './ring-pack.js';
import { ringScan } from './ring-scan.js';
import { transcode } from './transcode.js';

export const SUITES: readonly Suite[] = [
  ringDrain,
  ringScan,
  ringPack,
  hostToDaemon,
  daemonToHost,
  decode,
  encode,
  transcode,
  poolIndex,
];
