/**
 * The message between driver and daemon on the character device: always the same size in both directions, all text
 * UTF-8. Offsets count from the start of the message. Source: protocol.md 4.1 and 4.2.
 */

export const DAEMON_MESSAGE_BYTES = 7432;
/** FreeBSD packs every member of the union. */
export const FREEBSD_DAEMON_MESSAGE_BYTES = 7430;

export const DAEMON_OPERATION = 0;
export const DAEMON_POOL = 1;
/** Overlays operation and pool in answers. */
export const DAEMON_STATUS = 0;
export const DAEMON_BODY = 4;
/** Version text of the registration reply. */
export const DAEMON_VERSION = 4;
export const DAEMON_VERSION_BYTES = 512;

// SET, GET, DELETE and ENUMERATE bodies stand at the offsets of the host message (wire/kvp.ts).

// The IP block stands at 4 here and at 2 in the host's string form: never copy one over the other.
export const DAEMON_IP_ADAPTER = 4;
export const DAEMON_IP_ADAPTER_BYTES = 256;
export const DAEMON_IP_FAMILY = DAEMON_IP_ADAPTER + DAEMON_IP_ADAPTER_BYTES;
export const DAEMON_IP_DHCP = DAEMON_IP_FAMILY + 1;
export const DAEMON_IP_ADDRESSES = DAEMON_IP_DHCP + 1;
export const DAEMON_IP_LIST_BYTES = 2048;
export const DAEMON_IP_SUBNETS = DAEMON_IP_ADDRESSES + DAEMON_IP_LIST_BYTES;
export const DAEMON_IP_GATEWAYS = DAEMON_IP_SUBNETS + DAEMON_IP_LIST_BYTES;
export const DAEMON_IP_GATEWAY_BYTES = 1024;
export const DAEMON_IP_DNS = DAEMON_IP_GATEWAYS + DAEMON_IP_GATEWAY_BYTES;
export const DAEMON_IP_END = DAEMON_IP_DNS + DAEMON_IP_LIST_BYTES;

/** Registration of a current Linux daemon; answered with the same operation and a version text. */
export const OPERATION_REGISTER1 = 100;
/** Registration of a legacy Linux daemon and of FreeBSD's; the same number as GET_IP_INFO. */
export const OPERATION_REGISTER = 4;
