/** Items as Windows Management Instrumentation shows them: `Msvm_KvpExchangeDataItem` as CIM-XML text. Nothing here needs Node. */
export { formatExchangeItem } from './format.js';
export { type ExchangeItem, ItemSource, MAX_ITEM_TEXT } from './item.js';
export { parseExchangeItem, parseExchangeItems } from './parse.js';
