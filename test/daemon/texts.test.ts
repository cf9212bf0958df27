import { canonicalNameInHosts, parseOsRelease, searchDomains } from '#internal';
import { assert, suite } from '../_support/suite.js';

suite('files that intrinsic items come from', ({ test }) => {
  test('os-release by its specification', () => {
    const text = [
      '# comment',
      'NAME="Fedora Linux"',
      "VERSION_ID='41'",
      'PRETTY_NAME="A \\"quoted\\" \\$name, C:\\\\dir \\n"',
      'ID=fedora # no comment may stand here, but some write it',
      'NAME="Debian GNU/Linux"',
      'lower case=no',
      'OPEN="no end',
      'ESCAPED=a\\ b',
      '',
    ].join('\r\n');
    assert.equal(Object.fromEntries(parseOsRelease(text)), {
      NAME: 'Debian GNU/Linux',
      VERSION_ID: '41',
      PRETTY_NAME: 'A "quoted" $name, C:\\dir \\n',
      ID: 'fedora',
      OPEN: 'no end',
      ESCAPED: 'a b',
    });
  });

  test('a canonical name is the first of its line, but never localhost', () => {
    const hosts = '127.0.0.1 localhost vm\n# 10.0.0.1 commented.example vm\n10.0.0.5\tvm.example.test  vm # note\n';
    assert.is(canonicalNameInHosts(hosts, 'VM'), 'vm.example.test');
    assert.is(canonicalNameInHosts(hosts, 'other'), undefined);
    assert.is(canonicalNameInHosts('127.0.0.1 localhost.localdomain vm', 'vm'), undefined);
  });

  test('the last search line counts', () => {
    assert.equal(searchDomains('domain a.test\nsearch b.test. c.test # d.test\nnameserver 192.0.2.1'), [
      'b.test',
      'c.test',
    ]);
    assert.equal(searchDomains(''), []);
  });
});
