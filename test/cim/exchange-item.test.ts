/** Exchange items of WMI: Microsoft's sample, the shapes seen in the wild, hostile XML. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { formatExchangeItem, ItemSource, parseExchangeItem, parseExchangeItems } from 'hv-kvp/cim';
import { seedOfRun } from '../_support/random.js';
import { assert, suite } from '../_support/suite.js';

const codeOf = (code: string) => (error: { code?: string }) => error.code === code;
const instance = (properties: string) => `<INSTANCE CLASSNAME="Msvm_KvpExchangeDataItem">${properties}</INSTANCE>`;
const property = (name: string, value: string, type = 'string') =>
  `<PROPERTY NAME="${name}" TYPE="${type}">${value}</PROPERTY>`;
const NAME = property('Name', '<VALUE>Foo</VALUE>');

const samples = process.env['HV_KVP_SAMPLES'] ?? '';
const sample = join(samples, 'cim-xml-exchange-item.sample.xml');
const seed = seedOfRun();

suite(`cim/exchange-item (seed ${seed})`, ({ test, testIf }) => {
  testIf(
    samples !== '' && existsSync(sample),
    'HV_KVP_SAMPLES is not set',
    'the sample of Microsoft’s documentation',
    () => {
      const item = parseExchangeItem(readFileSync(sample, 'utf8'));
      assert.equal(item, {
        name: 'FullyQualifiedDomainName',
        data: 'AUTOBVT-4OVYXAB',
        source: ItemSource.GuestIntrinsic,
      });
    },
  );

  test('entities, numeric references and CDATA are text', () => {
    const data =
      '<VALUE>a &amp; b &lt;c&gt; &quot;d&quot; &apos;e&apos; &#228;&#x1F600; &amp;amp; <![CDATA[<x>&amp;]]></VALUE>';
    const item = parseExchangeItem(instance(NAME + property('Data', data)));
    assert.is(item.data, `a & b <c> "d" 'e' ä😀 &amp; <x>&amp;`);
  });

  test('numbers and spaces stay text', () => {
    for (const data of ['007', '1e5', 'true', ' x ', '0x10', '-0'])
      assert.is(parseExchangeItem(instance(NAME + property('Data', `<VALUE>${data}</VALUE>`))).data, data);
  });

  test('a missing or empty VALUE is an empty value, a missing Name no item', () => {
    for (const data of ['', '<VALUE></VALUE>', '<VALUE/>'])
      assert.is(parseExchangeItem(instance(NAME + property('Data', data))).data, '');
    assert.equal(parseExchangeItem(instance(NAME)), { name: 'Foo', data: '' });
    assert.throws(() => parseExchangeItem(instance(property('Data', '<VALUE>x</VALUE>'))), codeOf('ERR_CIM_ITEM'));
    assert.throws(() => parseExchangeItem(instance(property('Name', ''))), codeOf('ERR_CIM_ITEM'));
  });

  test('Source has either type and any number', () => {
    for (const type of ['uint16', 'uint32', 'sint32']) {
      for (const source of [0, 1, 2, 3, 4, 65535])
        assert.is(
          parseExchangeItem(instance(NAME + property('Source', `<VALUE>${source}</VALUE>`, type))).source,
          source,
        );
    }
    for (const wrong of ['-1', 'two', '1.5', '99999999999'])
      assert.throws(
        () => parseExchangeItem(instance(NAME + property('Source', `<VALUE>${wrong}</VALUE>`))),
        codeOf('ERR_CIM_ITEM'),
      );
  });

  test('what is not such an instance is a typed error', () => {
    const wrong: [string, string][] = [
      ['', 'ERR_CIM_XML'],
      ['Foo=Bar', 'ERR_CIM_XML'],
      ['{"Name":"Foo"}', 'ERR_CIM_XML'],
      ['<INSTANCE', 'ERR_CIM_XML'],
      [`${instance(NAME)}${instance(NAME)}`, 'ERR_CIM_XML'],
      ['<VALUE>x</VALUE>', 'ERR_CIM_XML'],
      [instance(NAME).slice(0, -3), 'ERR_CIM_XML'],
      ['<INSTANCE/>', 'ERR_CIM_ITEM'],
      ['<INSTANCE CLASSNAME="Msvm_ComputerSystem"></INSTANCE>', 'ERR_CIM_ITEM'],
      [instance(property('Name', '<VALUE>a</VALUE><VALUE>b</VALUE>')), 'ERR_CIM_ITEM'],
      [instance(NAME + property('Data', 'x'.repeat(70_000))), 'ERR_CIM_XML'],
    ];
    for (const [xml, code] of wrong) assert.throws(() => parseExchangeItem(xml), codeOf(code), xml.slice(0, 60));
  });

  test('an entity bomb and a reference to a file are refused', () => {
    const bomb = `<!DOCTYPE x [<!ENTITY a "${'a'.repeat(100)}"><!ENTITY b "&a;&a;&a;&a;">]>`;
    const file = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>';
    for (const head of [bomb, file, '<!doctype html>', '<?xml version="1.0"?> <!-- c --> <!DOCTYPE x>'])
      assert.throws(() => parseExchangeItem(head + instance(NAME)), codeOf('ERR_CIM_XML'));
    const data = property('Data', '<VALUE><![CDATA[<!DOCTYPE x>]]></VALUE>');
    assert.is(parseExchangeItem(instance(NAME + data)).data, '<!DOCTYPE x>', 'as text it is harmless');
  });

  test('property names cannot reach the prototype', () => {
    const xml = instance(
      `${NAME}${property('__proto__', '<VALUE>x</VALUE>')}${property('constructor', '<VALUE>y</VALUE>')}`,
    );
    assert.equal(parseExchangeItem(xml), { name: 'Foo', data: '' });
    assert.is(({} as Record<string, unknown>)['x'], undefined);
  });

  test('many instances, and which of them is wrong', () => {
    const items = ['A', 'B'].map((name) => ({ name, data: name.toLowerCase(), source: 1 }));
    assert.equal(parseExchangeItems(items.map(formatExchangeItem)), items);
    assert.throws(() => parseExchangeItems([formatExchangeItem(items[0]!), 'no xml']), /instance 1/);
  });

  test('what is formatted is parsed back, whatever the text', () => {
    const text = fc.string({ unit: 'binary', maxLength: 200 });
    fc.assert(
      fc.property(text, text, fc.nat(5), (name, data, source) => {
        let xml: string;
        try {
          xml = formatExchangeItem({ name, data, source });
        } catch (error) {
          assert.is((error as { code?: string }).code, 'ERR_CIM_XML');
          const unwritable = (character: string) => character < ' ' || character === '\ufffe' || character === '\uffff';
          assert.ok(Array.from(name + data).some(unwritable), 'only for what XML cannot carry');
          return;
        }
        assert.equal({ ...parseExchangeItem(xml) }, { name, data, source });
      }),
      { seed, numRuns: 200 },
    );
  });
});
