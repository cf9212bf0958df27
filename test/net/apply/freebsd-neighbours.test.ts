import { type AskProgram, gatewayProbe, programNeighbours } from '#internal';
import { freebsdOutput } from '../../_support/freebsd-output.js';
import { assert, suite } from '../../_support/suite.js';

const ON = { index: 1, name: 'hn0' };

/** Programs that print what stands here, and a list of what was asked of them. */
function programs(says: Record<string, string>) {
  const asked: string[] = [];
  const ask: AskProgram = async ([name, ...words]) => {
    asked.push([name, ...words].join(' '));
    const text = says[name];
    if (text === undefined) throw new Error(`no ${name}`);
    return text;
  };
  return { asked, ask, says };
}

suite('neighbours on FreeBSD', ({ test }) => {
  test('are those of the interface, known or made for good', async () => {
    const { ask } = programs({ arp: freebsdOutput('arp.txt'), ndp: freebsdOutput('ndp.txt') });
    const { fixed, answering } = await programNeighbours(ask).on(ON);
    assert.equal([...answering], ['192.0.2.1', '192.0.2.66', '2001:db8::1', 'fe80::1', 'fe80::215:5dff:fe01:203']);
    assert.equal([...fixed], ['192.0.2.66', 'fe80::215:5dff:fe01:203']);
  });

  test('nobody is known where a program fails or says nonsense', async () => {
    const { ask } = programs({ arp: 'arp: $(id)\n? (192.0.2.1) at\n' });
    const { fixed, answering } = await programNeighbours(ask).on(ON);
    assert.is(fixed.size + answering.size, 0);
  });

  test('are forgotten one by one, a link-local one with its zone; one that is not there is no failure', async () => {
    const { asked, ask } = programs({});
    const tables = programNeighbours(ask);
    for (const address of ['192.0.2.1', '2001:db8::1', 'fe80::1']) await tables.forget(address, ON);
    assert.equal(asked, ['arp -d 192.0.2.1', 'ndp -n -d 2001:db8::1', 'ndp -n -d fe80::1%hn0']);
  });

  test('a gateway answers when the table has it again after it was forgotten', async () => {
    const { ask, says } = programs({ arp: '', ndp: '' });
    const line = '? (127.0.0.9) at 00:15:5d:aa:bb:cc on hn0 expires in 1198 seconds [ethernet]\n';
    const probe = gatewayProbe(
      programNeighbours(async (argv) => {
        if (argv[1] === '-d') says['arp'] = line;
        return ask(argv);
      }),
    );
    assert.equal(await probe(['127.0.0.9', '127.0.0.10'], ON, 1), ['127.0.0.9']);
    assert.equal(await probe([], ON, 1), []);
  });
});
