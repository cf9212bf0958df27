/**
 * rtnetlink(7), as far as reading goes: dumps of links, addresses and routes, and word of changes. Bytes only; what
 * they mean is read in net/.
 */
import { KvpError } from '../errors.js';
import { libc } from './libc.js';
import {
  acknowledgement,
  Dump,
  littleEndian,
  messagesOf,
  type NetlinkMessage,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  requestMessage,
  viewOf,
} from './netlink-messages.js';

export { littleEndian, type NetlinkMessage, viewOf } from './netlink-messages.js';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0x80000 | 0x800;
const NETLINK_ROUTE = 0;
/** The kernel's datagrams of a dump are at most 32 KiB. */
const RECEIVE_BYTES = 65_536;
/** A router with all of the Internet's routes has a quarter of this; more is a dump without an end. */
const MAX_DUMP_BYTES = 1024 * 1024 * 1024;
const DUMP_ATTEMPTS = 5;
const EAGAIN = 11;
const EINTR = 4;
const ENOBUFS = 105;

export const RTM_NEWLINK = 16;
export const RTM_GETLINK = 18;
export const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
export const RTM_GETADDR = 22;
export const RTM_NEWROUTE = 24;
export const RTM_DELROUTE = 25;
export const RTM_GETROUTE = 26;
export const RTM_NEWNEIGH = 28;
export const RTM_DELNEIGH = 29;
export const RTM_GETNEIGH = 30;
export const RTM_NEWNEXTHOP = 104;
export const RTM_GETNEXTHOP = 106;

/** Of the header that a dump request has; all zero asks for both families. Next hops are told for no other size. */
const HEADER_BYTES = new Map([
  [RTM_GETLINK, 16],
  [RTM_GETADDR, 8],
  [RTM_GETROUTE, 12],
  [RTM_GETNEIGH, 12],
  [RTM_GETNEXTHOP, 8],
]);

/** Multicast groups of link, IPv4 and IPv6 address and route, and next-hop changes. */
const CHANGE_GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400 | 0x80000000;

interface Calls {
  socket: (domain: number, type: number, protocol: number) => number;
  bind: (fd: number, address: Uint8Array, bytes: number) => number;
  send: (fd: number, data: Uint8Array, bytes: number, flags: number) => number;
  recv: (fd: number, into: Uint8Array, bytes: number, flags: number) => number;
  close: (fd: number) => number;
  errno: () => number;
}

let calls: Calls | undefined;
let lastSequence = 0;

function netlinkCalls(): Calls {
  if (calls === undefined) {
    const { koffi, library } = libc();
    calls = {
      socket: library.func('int socket(int domain, int type, int protocol)'),
      bind: library.func('int bind(int fd, _In_ const uint8_t *address, uint32_t bytes)'),
      send: library.func('long send(int fd, _In_ const uint8_t *data, size_t bytes, int flags)'),
      recv: library.func('long recv(int fd, _Out_ uint8_t *into, size_t bytes, int flags)'),
      close: library.func('int close(int fd)'),
      errno: () => koffi.errno(),
    };
  }
  return calls;
}

function failure(detail: string): KvpError {
  return new KvpError('ERR_OS_UNAVAILABLE', { detail: `netlink ${detail}`, actual: `errno ${netlinkCalls().errno()}` });
}

/** A bound socket; `groups` is 0 for requests. Throws ERR_OS_UNAVAILABLE. */
function openSocket(groups: number): number {
  const { socket, bind, close } = netlinkCalls();
  const fd = socket(AF_NETLINK, SOCK_RAW_CLOEXEC_NONBLOCK, NETLINK_ROUTE);
  if (fd < 0) throw failure('socket');
  const address = new Uint8Array(12);
  const view = viewOf(address);
  view.setUint16(0, AF_NETLINK, littleEndian);
  view.setUint32(8, groups, littleEndian);
  if (bind(fd, address, address.length) < 0) {
    const error = failure('bind');
    close(fd);
    throw error;
  }
  return fd;
}

function sendRequest(fd: number, type: number, flags: number, body: Uint8Array): number {
  lastSequence = (lastSequence % 0x7fffffff) + 1;
  const message = requestMessage(type, NLM_F_REQUEST | flags, lastSequence, body);
  if (netlinkCalls().send(fd, message, message.length, 0) !== message.length) throw failure('send');
  return lastSequence;
}

/**
 * Everything of one kind (RTM_GET…) that the kernel has and `keep` wants, in its order. The kernel answers a dump as it
 * is read, so no call waits. Throws ERR_OS_UNAVAILABLE.
 */
export function dumpRoutingTable(
  request: number,
  keep: (message: NetlinkMessage) => boolean = () => true,
): NetlinkMessage[] {
  for (let attempt = 1; ; attempt++) {
    const { messages, interrupted } = dumpOnce(request, keep);
    if (!interrupted || attempt === DUMP_ATTEMPTS) return messages;
  }
}

function dumpOnce(request: number, keep: (message: NetlinkMessage) => boolean): Dump {
  const { recv, close, errno } = netlinkCalls();
  const fd = openSocket(0);
  try {
    const header = new Uint8Array(HEADER_BYTES.get(request) ?? 0);
    const dump = new Dump(sendRequest(fd, request, NLM_F_DUMP, header), keep);
    const datagram = new Uint8Array(RECEIVE_BYTES);
    for (let total = 0; total < MAX_DUMP_BYTES; ) {
      const bytes = recv(fd, datagram, datagram.length, 0);
      if (bytes < 0 && errno() === EINTR) continue;
      if (bytes <= 0) throw failure('receive');
      total += bytes;
      if (dump.take(datagram.subarray(0, bytes))) return dump;
    }
    throw new KvpError('ERR_OS_UNAVAILABLE', { detail: 'a netlink dump has no end' });
  } finally {
    close(fd);
  }
}

/** How a thing that is to be made stands to one that is there (netlink(7)). */
export const NLM_F_REPLACE = 0x100;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;

/**
 * Has one thing changed; `body` is the request's own header with its attributes, in the machine's order; `flags` are of
 * those above. Returns the kernel's error number, 0 for none. The kernel acts before the call that sends returns. Throws
 * ERR_OS_UNAVAILABLE.
 */
export function changeRoutingTable(request: number, body: Uint8Array, flags = 0): number {
  const { recv, close } = netlinkCalls();
  const fd = openSocket(0);
  try {
    const sequence = sendRequest(fd, request, NLM_F_ACK | flags, body);
    const datagram = new Uint8Array(RECEIVE_BYTES);
    const bytes = recv(fd, datagram, datagram.length, 0);
    if (bytes <= 0) throw failure('receive');
    const error = acknowledgement(datagram.subarray(0, bytes), sequence);
    if (error === undefined)
      throw new KvpError('ERR_OS_UNAVAILABLE', { detail: 'netlink did not acknowledge a request' });
    return error;
  } finally {
    close(fd);
  }
}

/** Hears of changes of links, addresses, routes and next hops. */
export interface RoutingChanges {
  /** Whether anything that matters changed since the last call. Never waits. */
  changed(): boolean;
  close(): void;
}

/** `matters` chooses among the kernel's messages. Throws ERR_OS_UNAVAILABLE. */
export function watchRoutingTable(matters: (message: NetlinkMessage) => boolean = () => true): RoutingChanges {
  const { recv, close, errno } = netlinkCalls();
  const fd = openSocket(CHANGE_GROUPS);
  const datagram = new Uint8Array(RECEIVE_BYTES);
  let open = true;
  return {
    changed() {
      let any = false;
      // Bounded: a storm of changes is one change, and the rest of it is there next time.
      for (let reads = 0; open && reads < 1_000; reads++) {
        const bytes = recv(fd, datagram, datagram.length, 0);
        if (bytes >= 0) any ||= someMatters(datagram.subarray(0, bytes), matters);
        else if (errno() === EAGAIN) break;
        // The kernel dropped messages: something changed.
        else if (errno() === ENOBUFS) any = true;
        else if (errno() !== EINTR) break;
      }
      return any;
    },
    close() {
      if (open) close(fd);
      open = false;
    },
  };
}

function someMatters(datagram: Uint8Array, matters: (message: NetlinkMessage) => boolean): boolean {
  for (const message of messagesOf(datagram)) if (matters(message)) return true;
  return false;
}
