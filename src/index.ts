/** hv-kvp: the Hyper-V key-value pair system. Each part has a subpath of its own; this entry names the most used. */
export { type ErrorCode, KvpError, MisuseError } from './errors.js';
