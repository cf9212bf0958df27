/** `Msvm_KvpExchangeDataItem` (Microsoft Learn, Hyper-V WMI v2; protocol.md 6.3). */

export interface ExchangeItem {
  /** The key. */
  name: string;
  /** The value; "" when the instance has none. */
  data: string;
  /** {@link ItemSource}; an open set. Absent when the instance says nothing. */
  source?: number;
}

/** Who made an item. */
export const ItemSource = {
  /** Pool 0: an administrator's item for the guest. */
  HostToGuest: 0,
  /** Pool 1: the guest's own item. */
  Guest: 1,
  /** Pool 2: what the guest says about itself. */
  GuestIntrinsic: 2,
  /** Kept by the host, never sent. */
  HostOnly: 3,
} as const;

export const ITEM_CLASS = 'Msvm_KvpExchangeDataItem';

/** Longest text of one instance that is parsed, in UTF-16 units: a value of 1,023 escaped characters needs a tenth. */
export const MAX_ITEM_TEXT = 65_536;
