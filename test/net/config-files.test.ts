import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigFiles } from '#internal';
import { assert, suite } from '../_support/suite.js';
import { temporaryFolder } from '../_support/temporary-folder.js';

function tree(files: Record<string, string>, links: Record<string, string>): string {
  const root = join(temporaryFolder(), 'image');
  const below = (path: string) => {
    const file = join(root, path);
    mkdirSync(join(file, '..'), { recursive: true });
    return file;
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(below(path), text);
  for (const [path, target] of Object.entries(links)) symlinkSync(target, below(path));
  return root;
}

const RESOLV_CONF = '/etc/resolv.conf';
const STUB = '/run/systemd/resolve/stub-resolv.conf';

suite('configuration files below a root', ({ test }) => {
  for (const [title, links] of [
    ['absolute', { [RESOLV_CONF]: STUB }],
    ['relative', { [RESOLV_CONF]: '../run/systemd/resolve/stub-resolv.conf' }],
    ['above the root', { [RESOLV_CONF]: '../../../../../../../../run/systemd/resolve/stub-resolv.conf' }],
    ['through a folder', { '/var/run': '/run', [RESOLV_CONF]: '/var/run/systemd/resolve/stub-resolv.conf' }],
    ['one after the other', { '/etc/a': STUB, '/etc/b': 'a', [RESOLV_CONF]: '/etc/b' }],
  ] as const)
    test(`links are followed inside it: ${title}`, () => {
      const files = new ConfigFiles(tree({ [STUB]: 'of the image' }, links));
      assert.is(files.text(RESOLV_CONF), 'of the image');
      assert.ok(files.exists(RESOLV_CONF));
      assert.equal(files.list('/run/systemd/resolve', '.conf'), [STUB]);
    });

  test('none leads out of it', () => {
    const outside = join(temporaryFolder(), 'outside');
    writeFileSync(outside, 'of this machine');
    const files = new ConfigFiles(tree({}, { '/etc/passwd': '/etc/passwd', '/etc/x': outside, '/out': '../..' }));
    for (const path of ['/etc/passwd', '/etc/x', '/out/outside', '/../outside', '/etc/../../outside'])
      assert.equal([files.text(path), files.exists(path)], [undefined, false], path);
    assert.is(files.finalPath('/etc/x'), outside);
  });

  test('links that go in circles lead nowhere', () => {
    const files = new ConfigFiles(tree({}, { '/a': '/b', '/b': '/a', '/c/d': '/c/d/e' }));
    for (const path of ['/a', '/a/x', '/c/d']) assert.equal([files.text(path), files.exists(path)], [undefined, false]);
  });

  test('a change behind a link, and of a link, is a change', () => {
    const root = tree({ [STUB]: 'one', '/run/other': 'other' }, { [RESOLV_CONF]: STUB });
    const files = new ConfigFiles(root);
    const read = () => files.text(RESOLV_CONF);
    assert.is(read(), 'one');
    assert.is(files.changed(), false);
    writeFileSync(join(root, STUB), 'two, longer');
    assert.is(files.changed(), true);
    assert.is(read(), 'two, longer');
    symlinkSync('/run/other', join(root, 'etc/new'));
    renameSync(join(root, 'etc/new'), join(root, RESOLV_CONF));
    assert.is(files.changed(), true);
    assert.is(read(), 'other');
  });

  test('bytes are bytes', () => {
    const files = new ConfigFiles(tree({ '/lease': '\u0002\u0001' }, {}));
    assert.equal([...files.bytes('/lease')!], [2, 1]);
    assert.is(files.bytes('/none'), undefined);
    assert.is(files.bytes('/'), undefined);
  });
});
