/**
 * The IP blocks of GET_IP_INFO and SET_IP_INFO: the string form of message versions up to 4.0 and the binary form of
 * 5.0. Offsets count from the start of the KVP message. Source: protocol.md 3.5 and 3.6.
 */

export const FAMILY_NONE = 0;
export const FAMILY_IPV4 = 1;
export const FAMILY_IPV6 = 2;

export const ADAPTER_ID_UNITS = 128;
export const IP_LIST_UNITS = 1024;
export const GATEWAY_LIST_UNITS = 512;

// String form. It starts at 2, not 4: its widest member is a u16.
export const IP_STRING_ADAPTER = 2;
export const IP_STRING_FAMILY = IP_STRING_ADAPTER + 2 * ADAPTER_ID_UNITS;
export const IP_STRING_DHCP = IP_STRING_FAMILY + 1;
export const IP_STRING_ADDRESSES = IP_STRING_DHCP + 1;
export const IP_STRING_SUBNETS = IP_STRING_ADDRESSES + 2 * IP_LIST_UNITS;
export const IP_STRING_GATEWAYS = IP_STRING_SUBNETS + 2 * IP_LIST_UNITS;
export const IP_STRING_DNS = IP_STRING_GATEWAYS + 2 * GATEWAY_LIST_UNITS;
/** What hosts send for operations 4 and 5, in either form. */
export const IP_MESSAGE_BYTES = IP_STRING_DNS + 2 * IP_LIST_UNITS;

// Binary form.
export const IP_MAX_ADDRESSES = 64;
export const IP_MAX_GATEWAYS = 5;
export const IP_MAX_DNS = 64;
export const IPV4_BYTES = 4;
export const IPV6_BYTES = 16;
export const IP_BINARY_COUNT_ADDRESS4 = 4;
export const IP_BINARY_COUNT_ADDRESS6 = 8;
export const IP_BINARY_COUNT_GATEWAY4 = 12;
export const IP_BINARY_COUNT_GATEWAY6 = 16;
export const IP_BINARY_COUNT_DNS4 = 20;
export const IP_BINARY_COUNT_DNS6 = 24;
export const IP_BINARY_ADAPTER = 28;
export const IP_BINARY_FAMILY = IP_BINARY_ADAPTER + 2 * ADAPTER_ID_UNITS;
export const IP_BINARY_DHCP = IP_BINARY_FAMILY + 1;
export const IP_BINARY_ADDRESS4 = IP_BINARY_DHCP + 3;
export const IP_BINARY_ADDRESS6 = IP_BINARY_ADDRESS4 + IP_MAX_ADDRESSES * IPV4_BYTES;
export const IP_BINARY_MASK4 = IP_BINARY_ADDRESS6 + IP_MAX_ADDRESSES * IPV6_BYTES;
export const IP_BINARY_PREFIX6 = IP_BINARY_MASK4 + IP_MAX_ADDRESSES * IPV4_BYTES;
export const IP_BINARY_GATEWAY4 = IP_BINARY_PREFIX6 + IP_MAX_ADDRESSES * 4;
export const IP_BINARY_GATEWAY6 = IP_BINARY_GATEWAY4 + IP_MAX_GATEWAYS * IPV4_BYTES;
export const IP_BINARY_DNS4 = IP_BINARY_GATEWAY6 + IP_MAX_GATEWAYS * IPV6_BYTES;
export const IP_BINARY_DNS6 = IP_BINARY_DNS4 + IP_MAX_DNS * IPV4_BYTES;
export const IP_BINARY_ORIGINS = IP_BINARY_DNS6 + IP_MAX_DNS * IPV6_BYTES;
export const IP_BINARY_END = IP_BINARY_ORIGINS + 2 * IP_MAX_ADDRESSES * 2;

export const ORIGIN_UNKNOWN = 0;
export const ORIGIN_OTHER = 1;
export const ORIGIN_STATIC = 2;
