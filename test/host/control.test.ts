import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  answerControlLine,
  CONTROL_COMMANDS,
  callControl,
  defaultControlPath,
  MAX_CONTROL_LINE_BYTES,
  openStateFile,
  type PersistentState,
  serveControl,
  stateFromText,
  stateToText,
  VirtualMachine,
} from 'hv-kvp/host';
import { ScriptedGuest } from '../_support/scripted-guest.js';
import { assert, suite } from '../_support/suite.js';

const folder = mkdtempSync(join(tmpdir(), 'hv-kvp-host-'));
const GUID = '{4b9b9a39-0a6c-4b5c-8d3e-0123456789ab}';
let sockets = 0;

async function served(run: (path: string, vm: VirtualMachine, guest: ScriptedGuest) => Promise<void>): Promise<void> {
  const guest = new ScriptedGuest();
  const vm = new VirtualMachine({ channel: guest.channel.host, refreshIntervalMs: 0 });
  vm.boot();
  await vm.ready();
  const control = await serveControl(vm, join(folder, `deep/${sockets++}.sock`));
  try {
    await run(control.path, vm, guest);
  } finally {
    await control.close();
    vm.stop();
  }
}

/** The socket of a server that is dead. */
async function leaveStale(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.live`, resolve));
  linkSync(`${path}.live`, path);
  await new Promise((resolve) => server.close(resolve));
}

/** Sockets that refuse another client, or this kind of client, and are in use. */
const OTHER_SOCKETS = {
  full:
    'import socket,sys\ns=socket.socket(socket.AF_UNIX);s.bind(sys.argv[1]);s.listen(0)\n' +
    'c=socket.socket(socket.AF_UNIX);c.connect(sys.argv[1]);print(1,flush=True);sys.stdin.read()',
  datagram:
    'import socket,sys\ns=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM);s.bind(sys.argv[1])\n' +
    'print(1,flush=True);sys.stdin.read()',
} as const;

/** Everything the server says to these bytes until it closes or `lines` lines came. */
function converse(path: string, bytes: string | Uint8Array, lines = 1): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(path, () => socket.write(bytes));
    socket.on('data', (chunk) => {
      text += chunk;
      if (text.split('\n').length > lines) socket.destroy();
    });
    socket.on('close', () => resolve(text));
    // A server that closes before it has read everything resets the connection; what it said counts.
    socket.on('error', () => {});
  });
}

/** A socket whose server died. */
function deadSocket(path: string): void {
  const bind = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', bind]);
  assert.ok(existsSync(path));
}

async function errorOf(work: Promise<unknown>): Promise<{ code?: string; status?: number; message: string }> {
  try {
    await work;
  } catch (error) {
    return error as { code?: string; message: string };
  }
  throw new Error('it resolved');
}

suite('control socket', ({ test, after }) => {
  after(() => rmSync(folder, { recursive: true }));

  test('commands reach the machine, results and errors come back typed', () =>
    served(async (path, vm, guest) => {
      assert.equal(await callControl(path, 'add', { key: 'city', value: 'Zürich' }), { delivered: true });
      assert.is(guest.pools[0]!.get('city'), 'Zürich');
      assert.equal(await callControl(path, 'add', { key: 'n', value: { u64: '7' } }), { delivered: true });
      assert.is(vm.list()[1]?.value, 7n);
      assert.equal(await callControl(path, 'list'), [
        { key: 'city', delivered: true, value: 'Zürich' },
        { key: 'n', delivered: true, value: { u64: '7' } },
      ]);
      const exists = await errorOf(callControl(path, 'add', { key: 'city', value: 'Bern' }));
      assert.is(exists.code, 'ERR_HOST_EXISTS');
      assert.match(exists.message, /^the item exists already.*city$/);
      const refused = await errorOf(callControl(path, 'get-ip', { mac: '00:15:5D:01:02:03' }));
      assert.equal([refused.code, refused.status], ['ERR_HOST_STATUS', 0x80004005]);
      assert.is((await errorOf(callControl(path, 'get-ip', { mac: 'eth0' }))).code, 'ERR_MISUSE');
      assert.is((await errorOf(callControl(path, 'get', { key: 'none' }))).code, 'ERR_HOST_NOT_FOUND');
      assert.equal(((await callControl(path, 'status')) as { state: string }).state, 'ready');
    }));

  test('only the owner may connect, and the folder it made is his', () =>
    served(async (path) => {
      assert.is(statSync(path).mode & 0o777, 0o600);
      assert.is(statSync(join(path, '..')).mode & 0o777, 0o700);
    }));

  test('a socket in use is left alone, a stale one replaced, anything else refused', () =>
    served(async (path, vm) => {
      assert.is((await errorOf(serveControl(vm, path))).code, 'ERR_HOST_CONTROL');
      const file = join(folder, 'file');
      writeFileSync(file, 'precious');
      assert.is((await errorOf(serveControl(vm, file))).code, 'ERR_HOST_CONTROL');
      assert.is(readFileSync(file, 'utf8'), 'precious');
      const stale = join(folder, 'stale.sock');
      await leaveStale(stale);
      const control = await serveControl(vm, stale);
      await control.close();
      assert.not(existsSync(stale));
    }));

  test('a path that is served: the error names the host and the way out, and the socket stays', () =>
    served(async (path, vm) => {
      const { message } = await errorOf(serveControl(vm, path));
      assert.match(
        message,
        `another host (process ${process.pid}) serves it - end it, or choose another path with --control`,
      );
      assert.is(((await callControl(path, 'status')) as { pid: number }).pid, process.pid);
    }));

  test('whoever opens the socket the moment it exists is served, at start after start', () =>
    served(async (_path, vm) => {
      const path = join(folder, 'eager.sock');
      for (let round = 0; round < 50; round++) {
        let ended = false;
        const first = new Promise<string>((resolve) => {
          const dial = () => {
            const socket = connect(path);
            socket.once('connect', () => resolve(socket.destroy() && 'served'));
            socket.once('error', (error: NodeJS.ErrnoException) => {
              if (error.code !== 'ENOENT') resolve(`${error.code}`);
              else if (!ended) setImmediate(dial);
            });
          };
          dial();
        });
        const control = await serveControl(vm, path);
        assert.is(await first, 'served');
        ended = true;
        await control.close();
        assert.not(existsSync(path));
        assert.equal(
          readdirSync(folder).filter((name) => name.includes('eager')),
          [],
        );
      }
    }));

  test('of hosts that find the same dead socket at once one serves, and the others say so', () =>
    served(async (_path, vm) => {
      const path = join(folder, 'contended.sock');
      for (let round = 0; round < 20; round++) {
        deadSocket(path);
        const starts = await Promise.allSettled(Array.from({ length: 4 }, () => serveControl(vm, path)));
        const servers = starts.filter((start) => start.status === 'fulfilled');
        const answer = await callControl(path, 'status').catch(() => undefined);
        for (const { value } of servers) await value.close();
        assert.is(servers.length, 1, JSON.stringify(starts));
        assert.ok(answer);
      }
    }));

  test('a host that ends takes away its own socket only', () =>
    served(async (_path, vm) => {
      const path = join(folder, 'moved.sock');
      const control = await serveControl(vm, path);
      rmSync(path);
      writeFileSync(path, 'somebody’s data');
      await control.close();
      assert.is(readFileSync(path, 'utf8'), 'somebody’s data');
    }));

  test('a directory in which others can exchange the socket is refused, and one by a link', () =>
    served(async (_path, vm) => {
      const open = join(folder, 'open');
      mkdirSync(open);
      chmodSync(open, 0o777);
      symlinkSync(folder, join(folder, 'way'));
      assert.match(
        (await errorOf(serveControl(vm, join(open, 'x.sock')))).message,
        /may be written by others \(mode 0777\)/,
      );
      assert.is((await errorOf(serveControl(vm, join(folder, 'way/x.sock')))).code, 'ERR_HOST_CONTROL');
      assert.equal(readdirSync(open), []);
      // Nobody can exchange a name of ours in a directory like /tmp.
      chmodSync(open, 0o1777);
      await (await serveControl(vm, join(open, 'x.sock'))).close();
    }));

  test('a path that is too long for a socket is refused by name, not cut', () =>
    served(async (_path, vm) => {
      const long = join(folder, 'x'.repeat(120));
      assert.match((await errorOf(serveControl(vm, long))).message, 'has at most');
      assert.not(readdirSync(folder).some((name) => name.startsWith('xxx')));
    }));

  test('a stopped host keeps its socket, and so does a program with datagrams', () =>
    served(async (_, vm) => {
      for (const kind of ['full', 'datagram'] as const) {
        const path = join(folder, `${kind}.sock`);
        const program = spawn('/usr/bin/python3', ['-c', OTHER_SOCKETS[kind], path], {
          stdio: ['pipe', 'pipe', 'inherit'],
        });
        await once(program.stdout, 'data');
        const { ino } = statSync(path);
        assert.is((await errorOf(serveControl(vm, path))).code, 'ERR_HOST_CONTROL', kind);
        assert.is(statSync(path).ino, ino, kind);
        program.stdin.end();
        await once(program, 'close');
      }
    }));

  test('nobody there: ERR_HOST_CONTROL, with the remedy', async () => {
    const error = await errorOf(callControl(join(folder, 'none.sock'), 'status'));
    assert.is(error.code, 'ERR_HOST_CONTROL');
    assert.match(error.message, 'host serve');
  });

  test('lines arrive in any pieces, several at once, answered in order', () =>
    served(async (path) => {
      const text = await converse(path, '{"id":1,"command":"list"}\n\n  \n{"id":"b","command":"faults"}\n', 2);
      assert.is(text, '{"id":1,"ok":true,"result":[]}\n{"id":"b","ok":true,"result":[]}\n');
      const line = Buffer.from('{"id":3,"command":"add","key":"k","value":"é"}\n');
      await new Promise<void>((resolve) => {
        const socket = connect(path, async () => {
          for (const byte of line) {
            await new Promise<void>((sent) => socket.write(Uint8Array.of(byte), () => sent()));
          }
        });
        socket.once('data', (chunk) => {
          assert.is(String(chunk), '{"id":3,"ok":true,"result":{"delivered":true}}\n');
          socket.destroy();
          resolve();
        });
      });
    }));

  test('a line that is too long or not UTF-8 ends its connection with a typed error; others go on', () =>
    served(async (path) => {
      const long = await converse(path, 'x'.repeat(MAX_CONTROL_LINE_BYTES + 1), 2);
      assert.match(long, 'ERR_HOST_COMMAND');
      assert.is(long.split('\n').length, 2);
      assert.match(await converse(path, Uint8Array.of(0xff, 0x0a), 2), 'not UTF-8');
      const longest = ' '.repeat(MAX_CONTROL_LINE_BYTES - 24);
      assert.match(await converse(path, `{"command":"list"${longest}}\n`), '"ok":true');
    }));

  test('clients that come and go leave nothing behind', () =>
    served(async (path) => {
      for (let index = 0; index < 40; index++) {
        await new Promise<void>((resolve) => {
          const socket = connect(path, () => {
            socket.write('{"command":"list"}\n{"comm');
            socket.destroy();
          });
          socket.on('close', () => resolve());
          socket.on('error', () => {});
        });
      }
      assert.equal(await callControl(path, 'list'), []);
    }));

  test('the default socket stands below the runtime directory', () => {
    assert.is(defaultControlPath({ XDG_RUNTIME_DIR: '/run/user/7' }), '/run/user/7/hv-kvp/host.sock');
    assert.is(defaultControlPath({}), '/run/hv-kvp/host.sock');
  });
});

suite('control commands', ({ test }) => {
  const vm = new VirtualMachine({ channel: new ScriptedGuest().channel.host, refreshIntervalMs: 0 });
  const code = async (line: string) => (await answerControlLine(vm, line)).error?.code;

  test('what is no command gets a typed error', async () => {
    for (const line of [
      'nonsense',
      'null',
      '[]',
      '7',
      '{}',
      '{"command":7}',
      '{"command":"frob"}',
      '{"command":"__proto__"}',
      '{"command":"constructor"}',
      '{"command":"add"}',
      '{"command":"add","key":"k"}',
      '{"command":"add","key":7,"value":"v"}',
      '{"command":"add","key":"k","value":null}',
      '{"command":"add","key":"k","value":{"u64":"-1"}}',
      '{"command":"add","key":"k","value":"v","force":true}',
      '{"command":"list","x":1}',
      '{"command":"get","key":"k","pool":5}',
      '{"command":"get","key":"k","by":"magic"}',
      '{"command":"enumerate","pool":"guest"}',
      '{"command":"fault","kind":"meteor"}',
      '{"command":"fault","kind":"delay"}',
      '{"command":"fault","kind":"corrupt","offset":1.5}',
      '{"command":"raw","payload":"0g"}',
      '{"command":"raw","payload":"012"}',
      '{"command":"oversize","bytes":99999}',
      `{"command":"set-ip","guid":"${GUID}","configuration":{"addresses":"10.0.0.1"}}`,
      `{"command":"set-ip","guid":"${GUID}"}`,
    ]) {
      assert.is(await code(line), 'ERR_HOST_COMMAND', line);
    }
    assert.is(await code(`{"command":"set-ip","guid":"${GUID}","configuration":{"dns":["x"]}}`), 'ERR_CODEC_IP');
    assert.is(await code('{"command":"guest"}'), 'ERR_HOST_STATE');
    assert.equal(vm.list(), []);
  });

  test('the id comes back, errors included', async () => {
    assert.is((await answerControlLine(vm, '{"id":"x","command":"frob"}')).id, 'x');
    assert.is((await answerControlLine(vm, '{"id":{},"command":"list"}')).id, null);
  });

  test('docs/host.md has every command', () => {
    const text = readFileSync('docs/host.md', 'utf8');
    assert.equal(
      CONTROL_COMMANDS.filter((name) => !text.includes(`| \`${name}\``)),
      [],
    );
  });
});

suite('state file', ({ test, after }) => {
  const directory = mkdtempSync(join(tmpdir(), 'hv-kvp-state-'));
  after(() => rmSync(directory, { recursive: true }));
  const state: PersistentState = {
    items: [
      { key: 'city', value: 'Zürich\n"' },
      { key: 'u32', value: 7 },
      { key: 'u64', value: 2n ** 64n - 1n },
    ],
    failover: [
      {
        guid: GUID,
        configuration: {
          dhcp: false,
          addresses: ['10.0.0.5'],
          subnets: ['255.255.255.0'],
          gateways: ['10.0.0.1'],
          dns: [],
        },
      },
    ],
  };

  test('survives text', () => assert.equal(stateFromText(stateToText(state)), state));

  test('a FIFO is not waited for, a device not read', async () => {
    const fifo = join(directory, 'fifo');
    execFileSync('mkfifo', [fifo]);
    for (const path of [fifo, '/dev/zero', directory]) {
      const { code, message } = await errorOf(openStateFile(path));
      assert.is(code, 'ERR_HOST_STATE_FILE', path);
      assert.match(message, 'is no regular file');
    }
    rmSync(fifo);
  });

  test('no file is no state; what is saved comes back, mode 0600, and nothing else is left', async () => {
    const path = join(directory, 'vm.json');
    const file = await openStateFile(path);
    assert.is(file.state, undefined);
    await file.save(state);
    await file.save({ ...state, failover: [] });
    assert.is(statSync(path).mode & 0o777, 0o600);
    assert.equal((await openStateFile(path)).state, { ...state, failover: [] });
    assert.equal(readdirSync(directory), ['vm.json']);
  });

  test('a file that is no state is refused and stays', async () => {
    const path = join(directory, 'wrong.json');
    const items = (count: number) =>
      JSON.stringify({
        format: 1,
        items: Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: 'v' })),
        failover: [],
      });
    for (const text of [
      '',
      '{',
      '[]',
      '{"format":2,"items":[],"failover":[]}',
      '{"format":1,"items":{},"failover":[]}',
      '{"format":1,"items":[{"key":"","value":"v"}],"failover":[]}',
      '{"format":1,"items":[{"key":"k","value":[]}],"failover":[]}',
      '{"format":1,"items":[{"key":"k","value":"1"},{"key":"k","value":"2"}],"failover":[]}',
      '{"format":1,"items":[],"failover":[{"guid":"x","configuration":{}}]}',
      items(129),
      stateToText(state).slice(0, -20),
    ]) {
      writeFileSync(path, text);
      assert.is((await errorOf(openStateFile(path))).code, 'ERR_HOST_STATE_FILE', text.slice(0, 80));
      assert.is(readFileSync(path, 'utf8'), text);
    }
    writeFileSync(path, items(128));
    assert.is((await openStateFile(path)).state?.items.length, 128);
  });

  test('a file that others could have written, a link and a second name are refused; a link is not written through', async () => {
    const path = join(directory, 'trusted.json');
    const elsewhere = join(directory, 'elsewhere.json');
    writeFileSync(elsewhere, stateToText(state));
    const problem = async () => (await errorOf(openStateFile(path))).message;
    symlinkSync(elsewhere, path);
    assert.match(await problem(), 'it is a link');
    rmSync(path);
    linkSync(elsewhere, path);
    assert.match(await problem(), 'more than one name');
    rmSync(path);
    writeFileSync(path, stateToText(state));
    chmodSync(path, 0o666);
    assert.match(await problem(), /may be written by others \(mode 0666\): run "chmod go-w /);
    chmodSync(path, 0o644);
    const file = await openStateFile(path);
    rmSync(path);
    symlinkSync(elsewhere, path);
    await file.save({ items: [], failover: [] });
    assert.is(readFileSync(elsewhere, 'utf8'), stateToText(state));
    assert.equal((await openStateFile(path)).state, { items: [], failover: [] });
    rmSync(path);
    rmSync(elsewhere);
  });

  test('a directory in which others can exchange the file is refused, for reading and for writing', async () => {
    const open = join(directory, 'open');
    mkdirSync(open);
    const file = await openStateFile(join(open, 'vm.json'));
    chmodSync(open, 0o777);
    for (const work of [() => openStateFile(join(open, 'vm.json')), () => file.save(state)]) {
      const error = await errorOf(work());
      assert.is(error.code, 'ERR_HOST_STATE_FILE');
      assert.match(error.message, /may be written by others \(mode 0777\)/);
    }
    assert.equal(readdirSync(open), []);
    rmSync(open, { recursive: true });
  });

  test('a change that cannot be saved rejects', async () => {
    const file = await openStateFile(join(directory, 'gone/vm.json'));
    const vm = new VirtualMachine({ channel: new ScriptedGuest().channel.host, persist: file.save });
    assert.is((await errorOf(vm.add('k', 'v'))).code, 'ERR_HOST_STATE_FILE');
  });

  test('a folder in its place is refused', async () => {
    chmodSync(directory, 0o700);
    assert.is((await errorOf(openStateFile(directory))).code, 'ERR_HOST_STATE_FILE');
  });
});
