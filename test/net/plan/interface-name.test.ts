import { existsSync } from 'node:fs';
import type { KvpError } from 'hv-kvp';
import { BACKEND_NAMES, type InterfaceFacts, type IpConfiguration, planTree } from 'hv-kvp/net';
import { createNetChanger, readLinks } from '#internal';
import { codeOf } from '../../_support/error-code.js';
import { assert, suite } from '../../_support/suite.js';
import { temporaryFolder } from '../../_support/temporary-folder.js';

const RTM_NEWLINK = 16;
const IFLA_IFNAME = 3;
const WANTED: IpConfiguration = { dhcp: true, addresses: [], gateways: [], dns: [] };

/** What the kernel says of a link with this name. */
function linkNamed(name: Uint8Array) {
  const attribute = new Uint8Array(4 + name.length + 1);
  new Uint16Array(attribute.buffer, 0, 2).set([attribute.length, IFLA_IFNAME]);
  attribute.set(name, 4);
  const body = new Uint8Array(16 + attribute.length);
  new Uint32Array(body.buffer, 4, 1)[0] = 7;
  body.set(attribute, 16);
  return readLinks([{ type: RTM_NEWLINK, body } as Parameters<typeof readLinks>[0][number]])[0]!;
}

suite('an interface whose name is not UTF-8', ({ test }) => {
  for (const bytes of [[0xff], [0x65, 0xc3], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], Array(15).fill(0x80)]) {
    const title = Buffer.from(bytes).toString('hex');
    test(`is read (${title}), and refused by name before anything begins`, async () => {
      const root = temporaryFolder();
      const link = linkNamed(Uint8Array.from(bytes));
      assert.is(link.index, 7);
      const facts: InterfaceFacts = { ...link, addresses: [], gateways: [], advertised: [], dns: [], dhcp: false };
      const started: unknown[] = [];
      for (const manager of BACKEND_NAMES) {
        const changer = createNetChanger({
          facts: { refresh: async () => {}, interfaces: () => [facts] },
          manager,
          root,
          stateDir: `${root}/state`,
          run: async (command) => {
            started.push(command);
            return '';
          },
        });
        const failure = await changer.apply(link.name, WANTED).then(
          () => undefined,
          (error: KvpError) => error,
        );
        assert.is(failure?.code, 'ERR_NET_INTERFACE', manager);
        assert.match(failure!.message, 'not UTF-8');
        assert.is(
          codeOf(() => planTree({ root, target: { ...link, mac: undefined }, wanted: WANTED, manager })),
          'ERR_NET_INTERFACE',
        );
      }
      assert.equal(started, []);
      assert.not.ok(existsSync(`${root}/state/net-journal`));
    });
  }
});
