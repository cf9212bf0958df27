/** What the kernel knows of the neighbours on a link: the tables of ARP and of neighbour discovery. */
import { changeRoutingTable, dumpRoutingTable, RTM_DELNEIGH, RTM_GETNEIGH } from '../../os/netlink.js';
import { neighbourRequest, readNeighbours } from '../read/rtnetlink.js';

export interface LinkOfNeighbours {
  index: number;
  name: string;
}

export interface Neighbours {
  /** Made by an administrator for good: nothing can be learned about them. */
  fixed: ReadonlySet<string>;
  /** Those that have answered since they were last forgotten. */
  answering: ReadonlySet<string>;
}

export interface NeighbourTables {
  on(link: LinkOfNeighbours): Promise<Neighbours>;
  /** What an earlier configuration learned says nothing about this one. An entry that is not there is no failure. */
  forget(address: string, link: LinkOfNeighbours): Promise<void>;
}

// <linux/neighbour.h>
const NUD_REACHABLE = 0x02;
const NUD_PERMANENT = 0x80;

/** Linux. Its calls throw ERR_OS_UNAVAILABLE where there is no netlink. */
export const netlinkNeighbours: NeighbourTables = {
  async on({ index }) {
    const found = readNeighbours(dumpRoutingTable(RTM_GETNEIGH)).filter((one) => one.index === index);
    const inState = (wanted: number) =>
      new Set(found.filter(({ state }) => (state & wanted) !== 0).map(({ text }) => text));
    return { fixed: inState(NUD_PERMANENT), answering: inState(NUD_REACHABLE) };
  },
  async forget(address, { index }) {
    changeRoutingTable(RTM_DELNEIGH, neighbourRequest({ index, text: address }));
  },
};
