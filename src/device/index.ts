/** The character device between driver and daemon: its contract, and the ways to speak it. */
export { type ServeDeviceOptions, type ServedDevice, serveDevice } from './fuse/serve.js';
export type { NonblockPolicy } from './fuse/session.js';
export { type DevicePathOptions, openDevicePath } from './node.js';
export { createDevicePair } from './pair.js';
export {
  type DeviceClient,
  type DeviceErrno,
  type DeviceFile,
  type DeviceServer,
  type FileId,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLRDNORM,
  type ReadOutcome,
  type WriteOutcome,
} from './port.js';
