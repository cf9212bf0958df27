/**
 * rtnetlink(7), as far as reading goes: dumps of links, addresses and routes, and word of changes. Bytes only; what
 * they mean is read in net/.
 */
import { KvpError } from '../errors.js';
import { libc } from './libc.js';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0x80000 | 0x800;
const NETLINK_ROUTE = 0;
const NLM_F_REQUEST_DUMP = 0x001 | 0x300;
const NLM_F_REQUEST_ACK = 0x001 | 0x004;
const NLM_F_DUMP_INTR = 0x10;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const HEADER_BYTES = 16;
/** The kernel's datagrams of a dump are at most 32 KiB. */
const RECEIVE_BYTES = 65_536;
/** A dump beyond this is no guest's configuration. */
const MAX_DUMP_BYTES = 64 * 1024 * 1024;
const DUMP_ATTEMPTS = 5;
const EAGAIN = 11;
const EINTR = 4;
const ENOBUFS = 105;

export const RTM_NEWLINK = 16;
export const RTM_GETLINK = 18;
export const RTM_NEWADDR = 20;
export const RTM_GETADDR = 22;
export const RTM_NEWROUTE = 24;
export const RTM_GETROUTE = 26;
export const RTM_NEWNEIGH = 28;
export const RTM_DELNEIGH = 29;
export const RTM_GETNEIGH = 30;

/** Multicast groups of link, IPv4 and IPv6 address and route changes. */
const CHANGE_GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;

interface Calls {
  socket: (domain: number, type: number, protocol: number) => number;
  bind: (fd: number, address: Uint8Array, bytes: number) => number;
  send: (fd: number, data: Uint8Array, bytes: number, flags: number) => number;
  recv: (fd: number, into: Uint8Array, bytes: number, flags: number) => number;
  close: (fd: number) => number;
  errno: () => number;
}

let calls: Calls | undefined;

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
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_NETLINK, true);
  view.setUint32(8, groups, true);
  if (bind(fd, address, address.length) < 0) {
    const error = failure('bind');
    close(fd);
    throw error;
  }
  return fd;
}

export interface NetlinkMessage {
  type: number;
  /** What follows the 16-byte header; a private copy. */
  body: Uint8Array;
}

/**
 * Everything of one kind (RTM_GET…) that the kernel has, in its order. The kernel answers a dump as it is read, so no
 * call waits. Throws ERR_OS_UNAVAILABLE.
 */
export function dumpRoutingTable(request: number): NetlinkMessage[] {
  for (let attempt = 1; ; attempt++) {
    const { messages, interrupted } = dumpOnce(request);
    // The tables changed under the dump, which may have left entries out.
    if (!interrupted || attempt === DUMP_ATTEMPTS) return messages;
  }
}

function dumpOnce(request: number): { messages: NetlinkMessage[]; interrupted: boolean } {
  const { send, recv, close } = netlinkCalls();
  const fd = openSocket(0);
  try {
    // The body of the largest request header, ifinfomsg; all zero asks for both families.
    const query = new Uint8Array(HEADER_BYTES + 16);
    const view = new DataView(query.buffer);
    view.setUint32(0, query.length, true);
    view.setUint16(4, request, true);
    view.setUint16(6, NLM_F_REQUEST_DUMP, true);
    if (send(fd, query, query.length, 0) !== query.length) throw failure('send');

    const messages: NetlinkMessage[] = [];
    const datagram = new Uint8Array(RECEIVE_BYTES);
    let interrupted = false;
    for (let total = 0; total < MAX_DUMP_BYTES; ) {
      const bytes = recv(fd, datagram, datagram.length, 0);
      if (bytes < 0 && netlinkCalls().errno() === EINTR) continue;
      if (bytes <= 0) throw failure('receive');
      total += bytes;
      for (const { type, flags, body } of splitDatagram(datagram.subarray(0, bytes))) {
        if ((flags & NLM_F_DUMP_INTR) !== 0) interrupted = true;
        if (type === NLMSG_DONE) return { messages, interrupted };
        if (type === NLMSG_ERROR)
          throw new KvpError('ERR_OS_UNAVAILABLE', { detail: 'the kernel refused a netlink dump' });
        messages.push({ type, body });
      }
    }
    throw new KvpError('ERR_OS_UNAVAILABLE', { detail: 'a netlink dump has no end' });
  } finally {
    close(fd);
  }
}

/**
 * Has one thing changed; `body` is the request's own header with its attributes, in the machine's order. Returns the
 * kernel's error number, 0 for none. The kernel acts before the call that sends returns. Throws ERR_OS_UNAVAILABLE.
 */
export function changeRoutingTable(request: number, body: Uint8Array): number {
  const { send, recv, close } = netlinkCalls();
  const fd = openSocket(0);
  try {
    const message = new Uint8Array(HEADER_BYTES + body.length);
    const view = new DataView(message.buffer);
    view.setUint32(0, message.length, true);
    view.setUint16(4, request, true);
    view.setUint16(6, NLM_F_REQUEST_ACK, true);
    message.set(body, HEADER_BYTES);
    if (send(fd, message, message.length, 0) !== message.length) throw failure('send');
    const datagram = new Uint8Array(RECEIVE_BYTES);
    const bytes = recv(fd, datagram, datagram.length, 0);
    if (bytes <= 0) throw failure('receive');
    for (const { type, body: answer } of splitDatagram(datagram.subarray(0, bytes)))
      if (type === NLMSG_ERROR && answer.length >= 4) return -new DataView(answer.buffer).getInt32(0, true);
    throw new KvpError('ERR_OS_UNAVAILABLE', { detail: 'netlink did not acknowledge a request' });
  } finally {
    close(fd);
  }
}

function* splitDatagram(datagram: Uint8Array): Generator<{ type: number; flags: number; body: Uint8Array }> {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  for (let at = 0; at + HEADER_BYTES <= datagram.length; ) {
    const length = view.getUint32(at, true);
    if (length < HEADER_BYTES || at + length > datagram.length) return;
    yield {
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      body: datagram.slice(at + HEADER_BYTES, at + length),
    };
    at += (length + 3) & ~3;
  }
}

/** Hears of changes of links, addresses and routes. */
export interface RoutingChanges {
  /** Whether anything changed since the last call. Never waits. */
  changed(): boolean;
  close(): void;
}

/** Throws ERR_OS_UNAVAILABLE. */
export function watchRoutingTable(): RoutingChanges {
  const { recv, close, errno } = netlinkCalls();
  const fd = openSocket(CHANGE_GROUPS);
  const datagram = new Uint8Array(RECEIVE_BYTES);
  let open = true;
  return {
    changed() {
      let any = false;
      // Bounded: a storm of changes is one change, and the rest of it is there next time.
      for (let reads = 0; open && reads < 1_000; reads++) {
        if (recv(fd, datagram, datagram.length, 0) >= 0) any = true;
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
