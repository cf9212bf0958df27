/** What every network manager's backend has to keep, whatever its files look like. */
import fc from 'fast-check';
import type { IpConfiguration } from 'hv-kvp/net';
import { type Backend, sameConfiguration, type TargetInterface } from '#internal';
import { configTree } from './config-tree.js';
import { anyConfiguration } from './configurations.js';
import { assert } from './suite.js';

export const TARGET: TargetInterface = { name: 'eth0', index: 2, mac: '00:15:5D:01:02:03' };

export interface BackendRules {
  backend: Backend;
  /** Files before the first change, among which one is taken at random. */
  starts: readonly Record<string, string>[];
  /** Text of the starts that is nobody's business here: where it stood it stands afterwards. */
  foreign?: readonly string[];
  /** Configurations that the manager has no form for. */
  cannot?: (wanted: IpConfiguration) => boolean;
  target?: TargetInterface;
  /** Servers are the machine's, not the interface's: where none is wanted, those that are there stay. */
  leavesServers?: boolean;
}

/** What the files say is what was wanted. */
export function assertReads(
  read: IpConfiguration | undefined,
  wanted: IpConfiguration,
  leavesServers: boolean | undefined,
): void {
  const expected = leavesServers && wanted.dns.length === 0 ? { ...wanted, dns: read?.dns ?? [] } : wanted;
  if (read === undefined || !sameConfiguration(read, expected)) assert.equal(read, expected);
}

/**
 * One configuration after the other over the same files: each is read back as it was wanted, a second render of it
 * changes nothing, and what `read` says is never rewritten.
 */
export function keepsEveryConfiguration({
  backend,
  starts,
  foreign = [],
  cannot = () => false,
  target = TARGET,
  leavesServers,
}: BackendRules): void {
  const seed = Number(process.env['HV_KVP_TEST_SEED'] ?? 20261124);
  console.log(`    seed ${seed}`);
  fc.assert(
    fc.property(
      fc.constantFrom(...starts),
      fc.array(anyConfiguration, { minLength: 1, maxLength: 4 }),
      (start, wants) => {
        const tree = configTree(start);
        try {
          for (const wanted of wants) {
            const before = tree.contents();
            if (cannot(wanted)) {
              assert.throws(
                () => backend.render(tree.files, target, wanted),
                (error: { code?: string }) => error.code === 'ERR_NET_BACKEND',
              );
              assert.equal(tree.contents(), before);
              continue;
            }
            const changes = backend.render(tree.files, target, wanted);
            for (const { path, before: old } of changes) assert.is(old, before[path], `before of ${path}`);
            tree.apply(changes);
            const [old = '', now = ''] = [before, tree.contents()].map((one) => Object.values(one).join('\n'));
            for (const text of foreign) if (old.includes(text)) assert.ok(now.includes(text), `${text} is kept`);
            assertReads(backend.read(tree.files, target), wanted, leavesServers);
            assert.equal(backend.render(tree.files, target, wanted), []);
          }
        } finally {
          tree.remove();
        }
      },
    ),
    { seed, numRuns: 150 },
  );
}

/** Neither the files nor the name lead to a change: the error has this code. */
export function refuses(
  backend: Backend,
  code: string,
  contents: Record<string, string>,
  target: TargetInterface = TARGET,
): void {
  const tree = configTree(contents);
  const wanted = {
    dhcp: false,
    addresses: [{ family: 4 as const, text: '192.0.2.9', prefix: 24 }],
    gateways: [],
    dns: [],
  };
  try {
    assert.throws(
      () => backend.render(tree.files, target, wanted),
      (error: { code?: string }) => error.code === code,
      `${code} for ${JSON.stringify(contents).slice(0, 120)}`,
    );
  } finally {
    tree.remove();
  }
}
