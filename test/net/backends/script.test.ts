import { BACKENDS } from '#internal';
import { keepsEveryConfiguration, refuses, TARGET } from '../../_support/backend-rules.js';
import { backendVectors, rendersAsRecorded } from '../../_support/backend-vectors.js';
import { configTree } from '../../_support/config-tree.js';
import { equalsGoldenPlans } from '../../_support/golden-plans.js';
import { assert, suite } from '../../_support/suite.js';

const script = BACKENDS.find(({ name }) => name === 'script')!;

suite('script interface', ({ test }) => {
  test('every configuration is read as it was written', () => {
    keepsEveryConfiguration({ backend: script, starts: [{}] });
  });

  test('plans are as they were when somebody read them', () => {
    equalsGoldenPlans(script, { none: {} });
  });

  for (const vector of backendVectors('script')) {
    test(`recorded: ${vector.name}`, () => rendersAsRecorded(script, vector));
  }

  test('without a plain name and a MAC address there is nothing to hand over', () => {
    for (const name of ['a b', '$(id)', '-x', '..']) refuses(script, 'ERR_NET_INTERFACE', {}, { ...TARGET, name });
    refuses(script, 'ERR_NET_INTERFACE', {}, { ...TARGET, mac: undefined });
  });

  test('the command is an array of the program and its two files', () => {
    const tree = configTree();
    const nothing = { dhcp: false, addresses: [], gateways: [], dns: [] };
    assert.equal(script.activate(tree.files, TARGET, { from: nothing, to: nothing }), {
      before: [],
      after: [
        {
          argv: [
            '/usr/libexec/hypervkvpd/hv_set_ifconfig',
            '/var/lib/hyperv/ifcfg-eth0',
            '/var/lib/hyperv/eth0.nmconnection',
          ],
        },
      ],
    });
    tree.remove();
  });
});
