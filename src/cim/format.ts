import { requireObject, requireText, requireUnsigned } from '../arguments.js';
import { KvpError } from '../errors.js';
import { type ExchangeItem, ITEM_CLASS, ItemSource } from './item.js';

/** XML 1.0 has no way to write anything but these, not even escaped. */
const UNWRITABLE = /[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};

/**
 * An item as WMI writes it, on one line. Without `source` it is a host's item (0).
 *
 * @throws KvpError ERR_CIM_XML when name or data hold a character that XML cannot carry; `offset` counts UTF-16 units
 */
export function formatExchangeItem(item: ExchangeItem): string {
  requireObject('item', item);
  const { name, data, source = ItemSource.HostToGuest } = item;
  requireText('name', name);
  requireText('data', data);
  requireUnsigned('source', source, 16);
  const properties = [
    property('Caption', 'string'),
    property('Data', 'string', data),
    property('Description', 'string'),
    property('ElementName', 'string'),
    property('Name', 'string', name),
    property('Source', 'uint16', String(source)),
  ];
  return `<INSTANCE CLASSNAME="${ITEM_CLASS}">${properties.join('')}</INSTANCE>`;
}

/** Without a value the property is one that the item inherits and leaves empty. */
function property(name: string, type: string, value?: string): string {
  if (value === undefined) return `<PROPERTY NAME="${name}" PROPAGATED="true" TYPE="${type}"></PROPERTY>`;
  return `<PROPERTY NAME="${name}" TYPE="${type}"><VALUE>${escaped(name, value)}</VALUE></PROPERTY>`;
}

function escaped(property: string, text: string): string {
  const offset = text.search(UNWRITABLE);
  if (offset >= 0)
    throw new KvpError('ERR_CIM_XML', {
      detail: `${property} holds a character that XML cannot carry`,
      offset,
      actual: `0x${text.charCodeAt(offset).toString(16)}`,
    });
  return text.replace(/[&<>"\r]/g, (character) => ESCAPES[character]!);
}
