import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { requireList, requireText } from '../arguments.js';
import { KvpError } from '../errors.js';
import { type ExchangeItem, ITEM_CLASS, MAX_ITEM_TEXT } from './item.js';

/** An element as the parser returns it: children by name, attributes behind '@', text behind '#text'. */
interface Property {
  '@NAME'?: string;
  VALUE?: unknown;
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  // "htmlEntities" is what the parser calls numeric references; entities of a DTD never get that far.
  htmlEntities: true,
  isArray: (name) => name === 'PROPERTY' || name === 'INSTANCE',
});

/**
 * One embedded instance, as `GuestExchangeItems` and `GuestIntrinsicExchangeItems` hold them. The other properties
 * (Caption, Description, ElementName) are skipped; `Source` may have any integer type.
 *
 * @throws KvpError ERR_CIM_XML (not well-formed, a document type, more than one instance, over 65,536 units);
 *   ERR_CIM_ITEM (another class, no Name, a Source that is no number)
 *
 * @example
 * for (const xml of component.GuestExchangeItems) console.log(parseExchangeItem(xml).name)
 */
export function parseExchangeItem(xml: string): ExchangeItem {
  requireText('xml', xml);
  const instance = instanceOf(xml);
  if (instance['@CLASSNAME'] !== ITEM_CLASS) throw notAnItem(`class ${instance['@CLASSNAME'] ?? 'not given'}`);
  const values = new Map((instance.PROPERTY ?? []).map((property) => [property['@NAME'], textOf(property)]));
  const name = values.get('Name');
  if (name === undefined) throw notAnItem('no Name');
  const item: ExchangeItem = { name, data: values.get('Data') ?? '' };
  const source = values.get('Source')?.trim();
  if (source === undefined || source === '') return item;
  if (!/^\d{1,10}$/.test(source)) throw notAnItem(`Source "${source}"`);
  return { ...item, source: Number(source) };
}

/** Many instances, each in a text of its own. An error's `detail` begins with the number of its instance. */
export function parseExchangeItems(instances: readonly string[]): ExchangeItem[] {
  requireList('instances', instances);
  return instances.map((xml, index) => {
    try {
      return parseExchangeItem(xml);
    } catch (error) {
      if (!(error instanceof KvpError)) throw error;
      throw new KvpError(error.code, { detail: `instance ${index}, ${error.detail}`, cause: error });
    }
  });
}

function instanceOf(xml: string): { '@CLASSNAME'?: string; PROPERTY?: Property[] } {
  if (xml.length > MAX_ITEM_TEXT)
    throw new KvpError('ERR_CIM_XML', { detail: 'length', expected: `at most ${MAX_ITEM_TEXT}`, actual: xml.length });
  // A document type can only define entities that grow without bound or name files: WMI sends none.
  if (/<!(?:DOCTYPE|ENTITY)/i.test(xml.replace(/<!\[CDATA\[.*?\]\]>/gs, '')))
    throw new KvpError('ERR_CIM_XML', { detail: 'a document type is not allowed' });
  const valid = XMLValidator.validate(xml);
  if (valid !== true) throw new KvpError('ERR_CIM_XML', { detail: valid.err.msg });
  const { INSTANCE: instances } = parse(xml);
  const [instance] = instances ?? [];
  if (instance === undefined || instances!.length !== 1)
    throw new KvpError('ERR_CIM_XML', { detail: 'INSTANCE elements', expected: 1, actual: instances?.length ?? 0 });
  return typeof instance === 'string' ? {} : instance;
}

function parse(xml: string): { INSTANCE?: ({ '@CLASSNAME'?: string; PROPERTY?: Property[] } | string)[] } {
  try {
    return parser.parse(xml);
  } catch (cause) {
    throw new KvpError('ERR_CIM_XML', { detail: (cause as Error).message, cause });
  }
}

/** The text of the VALUE; undefined without one. An element without attributes comes as its text. */
function textOf({ VALUE: value }: Property): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  const text = (value as { '#text'?: unknown })['#text'];
  if (Array.isArray(value)) throw notAnItem('more than one VALUE');
  return typeof text === 'string' ? text : '';
}

const notAnItem = (detail: string): KvpError => new KvpError('ERR_CIM_ITEM', { detail });
