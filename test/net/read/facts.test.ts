/** Facts are gathered beside the requests: none waits for them, and a kernel that fails leaves the last ones. */
import { createNetFacts } from 'hv-kvp/net';
import type { Kernel, KernelTables } from '#internal';
import { configTree } from '../../_support/config-tree.js';
import { assert, suite } from '../../_support/suite.js';

const MAC = '00:15:5D:00:00:01';
const PERMANENT = 0x80;

const tables = (...addresses: string[]): KernelTables => ({
  links: [{ index: 2, name: 'eth0', loopback: false, up: true, mac: MAC, master: undefined }],
  addresses: addresses.map((text) => ({ index: 2, family: 4, text, prefix: 24, scope: 0, flags: PERMANENT })),
  gateways: [],
});

/** A kernel whose tables, changes and failures a test chooses. */
class ImaginaryKernel implements Kernel {
  now = tables('192.0.2.1');
  isChanged = false;
  failure: Error | undefined;
  reads = 0;

  read(): KernelTables {
    this.reads++;
    if (this.failure !== undefined) throw this.failure;
    return this.now;
  }
  changed(): boolean {
    const was = this.isChanged;
    this.isChanged = false;
    return was;
  }
  close(): void {}
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
}

suite('network facts', ({ test }) => {
  test('a thousand requests read the kernel once, and once more after a change', async () => {
    const kernel = new ImaginaryKernel();
    const tree = configTree({ '/etc/resolv.conf': 'nameserver 192.0.2.53\n' });
    const net = createNetFacts({ kernel, root: tree.root, refreshMs: 5 });
    for (let at = 0; at < 1_000; at++) assert.is((await net.ipInfoByMac(MAC))?.addresses, '192.0.2.1');
    assert.is(kernel.reads, 1);
    kernel.now = tables('192.0.2.2');
    kernel.isChanged = true;
    await until(() => kernel.reads === 2);
    for (let at = 0; at < 1_000; at++) assert.is((await net.ipInfoByMac(MAC))?.addresses, '192.0.2.2');
    assert.is(kernel.reads, 2);
    net.close();
    tree.remove();
  });

  test('a request is answered within its own turn', async () => {
    const net = createNetFacts({ kernel: new ImaginaryKernel(), root: '/nowhere', refreshMs: 60_000 });
    let answered = false;
    void net.ipInfoByMac(MAC).then(() => {
      answered = true;
    });
    await Promise.resolve();
    await Promise.resolve();
    assert.ok(answered);
    net.close();
  });

  test('programs that never answer keep no request', async () => {
    const kernel = Object.assign(new ImaginaryKernel(), { gather: () => new Promise<void>(() => {}) });
    const net = createNetFacts({ kernel, root: '/nowhere', refreshMs: 5 });
    await new Promise((resolve) => setImmediate(resolve));
    assert.is((await net.ipInfoByMac(MAC))?.addresses, '192.0.2.1');
    assert.equal(net.addresses(4), ['192.0.2.1']);
    net.close();
  });

  test('after a failure the last facts stay, the failure is told, and the change is not forgotten', async () => {
    const kernel = new ImaginaryKernel();
    const told: unknown[] = [];
    const net = createNetFacts({ kernel, root: '/nowhere', refreshMs: 5, onError: (error) => told.push(error) });
    assert.is((await net.ipInfoByMac(MAC))?.addresses, '192.0.2.1');
    kernel.failure = new Error('netlink is out of order');
    kernel.isChanged = true;
    await until(() => told.length > 0);
    assert.is(told[0], kernel.failure);
    assert.is((await net.ipInfoByMac(MAC))?.addresses, '192.0.2.1');
    const { reads } = kernel;
    kernel.now = tables('192.0.2.2');
    kernel.failure = undefined;
    await until(() => kernel.reads > reads);
    assert.is((await net.ipInfoByMac(MAC))?.addresses, '192.0.2.2');
    net.close();
  });

  test('a file that was read is looked at again when it changes', async () => {
    const tree = configTree({ '/etc/resolv.conf': 'nameserver 192.0.2.53\n' });
    const net = createNetFacts({ kernel: new ImaginaryKernel(), root: tree.root, refreshMs: 5 });
    assert.is((await net.ipInfoByMac(MAC))?.dns, '192.0.2.53;');
    tree.apply([{ path: '/etc/resolv.conf', before: undefined, after: 'nameserver 192.0.2.54\n', mode: 0o644 }]);
    let dns: string | undefined;
    await until(() => {
      void net.ipInfoByMac(MAC).then((info) => {
        dns = info?.dns;
      });
      return dns === '192.0.2.54;';
    });
    net.close();
    tree.remove();
  });
});
