/** Hands recorded configuration files to a manager's own programs, inside a private machine. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createNetFacts, type IpConfiguration } from 'hv-kvp/net';
import { asListed, presentConfiguration } from '#internal';
import type { BackendVector } from './backend-vectors.js';
import { assert } from './suite.js';
import { PATIENCE_MS } from './until.js';

export const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** What stands for a running manager in the vectors, which here runs truly. */
const STATE = /^\/run\/(?:systemd\/netif|NetworkManager\/devices)\//;

/** Puts the vector's files in place and returns their paths; `remove` takes them away. */
export function installFiles({ after }: BackendVector): { paths: string[]; remove(): void } {
  const paths = Object.keys(after).filter((path) => !STATE.test(path));
  for (const path of paths) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, after[path]!);
    // networkd has a user of its own, and NetworkManager refuses what others can read.
    chmodSync(path, path.endsWith('.nmconnection') ? 0o600 : 0o644);
  }
  return {
    paths,
    remove: () => {
      for (const path of paths) rmSync(path);
    },
  };
}

/** A cable with nobody at its other end: it has a carrier, and nothing answers. */
export function plugIn({ target }: BackendVector): void {
  run('ip', 'link', 'add', 'name', target.name, 'address', target.mac!, 'type', 'veth', 'peer', 'name', 'far-end');
  run('ip', 'link', 'set', 'far-end', 'addrgenmode', 'none', 'up');
}

export function unplug({ target }: BackendVector): void {
  run('ip', 'link', 'delete', 'dev', target.name);
}

/** Addresses and gateways, that is, in their order: the kernel knows no DNS servers. */
export async function kernelComesToHave({ target, wanted }: BackendVector, limitMs = PATIENCE_MS): Promise<void> {
  const net = createNetFacts({ refreshMs: 60_000 });
  const present = () => {
    net.refresh();
    return presentConfiguration(net.interfaces().find(({ name }) => name === target.name)!);
  };
  const end = performance.now() + limitMs;
  try {
    while (inWords(present()) !== inWords(wanted) && performance.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.is(inWords(present()), inWords(wanted));
  } finally {
    net.close();
  }
}

function inWords({ addresses, gateways }: IpConfiguration): string {
  return ([4, 6] as const)
    .flatMap((family) => {
      const own = asListed(addresses.filter((address) => address.family === family));
      const via = gateways.filter((text) => text.includes(':') === (family === 6)).map((text) => `via ${text}`);
      return [...own.map(({ text, prefix }) => `${text}/${prefix}`), ...via];
    })
    .join(' ');
}
