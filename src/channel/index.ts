export type { ChannelEnd, Packet, SendOptions, SendResult } from './end.js';
export { createLocalChannel, type LocalChannel, type LocalChannelOptions } from './local.js';
