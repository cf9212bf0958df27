import { readIfconfig, readNetstat } from '#internal';
import { freebsdOutput } from '../../_support/freebsd-output.js';
import { assert, suite } from '../../_support/suite.js';

function gatewaysOf(name: string): string[] {
  const { links } = readIfconfig(freebsdOutput(`ifconfig-${name}.txt`));
  return readNetstat(freebsdOutput(`netstat-${name}.txt`), links).map(
    ({ index, family, text, advertised }) => `${index} ${family} ${text}${advertised ? ' advertised' : ''}`,
  );
}

suite('netstat(1) output of FreeBSD', ({ test }) => {
  test('a default route of each family, one of them from a router’s advertisement, its zone dropped', () => {
    assert.equal(gatewaysOf('azure'), ['1 4 192.0.2.1', '1 6 fe80::1234:56ff:fe78:9abc advertised']);
  });

  test('further columns, and two gateways', () => {
    assert.equal(gatewaysOf('static'), ['1 4 192.0.2.1', '1 4 192.0.2.2', '1 6 2001:db8::1']);
  });

  test('half of the Internet is no default, and what is rejected has no gateway', () => {
    assert.equal(gatewaysOf('accelerated'), ['4 4 192.0.2.1']);
  });

  test('what has no titles, no address or no known interface is passed over', () => {
    const { links } = readIfconfig(freebsdOutput('ifconfig-azure.txt'));
    const head = 'Destination Gateway Flags Netif Expire\n';
    assert.equal(readNetstat('default 192.0.2.1 UGS hn0\n', links), []);
    for (const line of ['default link#2 US hn0', 'default 192.0.2.1 UGS hn', 'default 192.0.2.1 GS hn0', 'default', ''])
      assert.equal(readNetstat(head + line, links), [], line);
  });
});
