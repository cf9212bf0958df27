import * as cim from 'hv-kvp/cim';
import type { RoomCalls } from './calls.js';

const XML = cim.formatExchangeItem({ name: 'n', data: 'd', source: 1 });

export const cimCalls: RoomCalls = {
  subpath: 'cim',
  exports: cim,
  objects: {},
  exempt: {},
  calls: {
    formatExchangeItem: () => ({ run: cim.formatExchangeItem, args: [{ name: 'n', data: 'd', source: 1 }] }),
    parseExchangeItem: () => ({ run: cim.parseExchangeItem, args: [XML] }),
    parseExchangeItems: () => ({ run: cim.parseExchangeItems, args: [[XML, XML]] }),
  },
};
