import * as fs from 'node:fs';
import { join } from 'node:path';
import { type NetJournalEntry as JournalEntry, journalText, openJournal, readJournalText } from '#internal';
import { codeOf } from '../../_support/error-code.js';
import { assert, suite } from '../../_support/suite.js';
import { temporaryFolder } from '../../_support/temporary-folder.js';

const NOTHING = { dhcp: false, addresses: [], gateways: [], dns: [] };
const ENTRY: JournalEntry = {
  backend: 'networkd',
  target: { name: 'eth0', index: 2, mac: '00:15:5D:00:00:01' },
  present: { ...NOTHING, dhcp: true },
  wanted: {
    dhcp: false,
    addresses: [{ family: 4, text: '192.0.2.10', prefix: 24 }],
    gateways: ['192.0.2.1', '2001:db8::1'],
    dns: ['192.0.2.53'],
  },
  files: [{ path: '/etc/systemd/network/eth0.network', before: 'old', after: '[Match]\n', mode: 0o644 }],
  boot: '0f0e0d0c-0000-4000-8000-000000000000',
};
const KERNEL = { takenAt: 12_345, addresses: ['AhgAAAIAAAAIAAEA'], routes: [] };

suite('journal of network changes', ({ test }) => {
  test('is there from begin to the end, for its owner only', () => {
    const state = join(temporaryFolder(), 'made');
    const journal = openJournal(state);
    assert.is(journal.pending(), undefined);
    journal.begin(ENTRY);
    assert.is(fs.statSync(join(state, 'net-journal')).mode & 0o777, 0o600);
    assert.equal(openJournal(state).pending(), ENTRY);
    journal.succeed();
    assert.is(journal.pending(), undefined);
    assert.equal(journal.last(), ENTRY);
    journal.begin(ENTRY);
    journal.forget();
    assert.is(journal.pending(), undefined);
    assert.equal(journal.last(), ENTRY);
    assert.equal(fs.readdirSync(state), ['net-last-change']);
  });

  test('is refused for a change that nobody could take back by it', () => {
    const state = temporaryFolder();
    for (const change of [
      { target: { ...ENTRY.target, name: '-f' } },
      { files: [{ ...ENTRY.files[0]!, path: '/etc/passwd' }] },
      { kernel: { ...KERNEL, addresses: ['$(id)'] } },
      { kernel: { ...KERNEL, takenAt: Number.NaN } },
      { safeguard: '/org/x;reboot' },
      { safeguard: '--help' },
      { kernel: { ...KERNEL, routes: Array.from({ length: 10_000 }, () => 'AhgAAAIAAAAIAAEA') } },
      { files: [{ ...ENTRY.files[0]!, before: 'x'.repeat(9 * 1024 * 1024) }] },
    ]) {
      assert.is(
        codeOf(() => openJournal(state).begin({ ...ENTRY, ...change })),
        'ERR_NET_JOURNAL',
      );
    }
    assert.equal(fs.readdirSync(state), []);
  });

  test('holds what the running system had, and the manager’s own way back, where somebody could tell', () => {
    const journal = openJournal(temporaryFolder());
    const entry = { ...ENTRY, kernel: KERNEL, hadClient: false, safeguard: '/org/example/Checkpoint/7' };
    journal.begin(entry);
    assert.equal(journal.pending(), entry);
  });

  test('of anybody else is not believed', () => {
    const state = temporaryFolder();
    const path = join(state, 'net-journal');
    fs.writeFileSync(path, journalText(ENTRY), { mode: 0o644 });
    assert.is(
      codeOf(() => openJournal(state).pending()),
      'ERR_NET_JOURNAL',
    );
    fs.rmSync(path);
    fs.writeFileSync(join(state, 'elsewhere'), journalText(ENTRY), { mode: 0o600 });
    fs.symlinkSync(join(state, 'elsewhere'), path);
    assert.is(
      codeOf(() => openJournal(state).pending()),
      'ERR_NET_JOURNAL',
    );
    fs.rmSync(path);
    fs.mkdirSync(path);
    assert.is(
      codeOf(() => openJournal(state).pending()),
      'ERR_NET_JOURNAL',
    );
    fs.rmdirSync(path);
    fs.writeFileSync(path, '', { mode: 0o600 });
    fs.truncateSync(path, 9 * 1024 * 1024);
    assert.is(
      codeOf(() => openJournal(state).pending()),
      'ERR_NET_JOURNAL',
    );
  });

  test('every cut of its text is refused', () => {
    const text = journalText(ENTRY);
    assert.equal(readJournalText(text), ENTRY);
    // The last byte is the newline.
    for (let length = 0; length < text.length - 1; length++)
      assert.is(readJournalText(text.slice(0, length)), undefined, `cut at ${length}`);
  });

  test('names files of managers and nothing else', () => {
    const withPath = (path: unknown) =>
      readJournalText(JSON.stringify({ format: 1, ...ENTRY, files: [{ ...ENTRY.files[0], path }] }));
    for (const path of [
      '/etc/netplan/01-a.yaml',
      '/etc/resolv.conf',
      '/etc/NetworkManager/system-connections/Büro.nmconnection',
      '/var/lib/hyperv/ifcfg-eth0',
    ])
      assert.ok(withPath(path), path);
    for (const path of [
      '/etc/passwd',
      '/etc/netplan/../passwd',
      '/etc/netplan//x',
      '/etc/netplan/',
      'etc/netplan/x',
      '/etc/netplan/x\0',
      '/etc/resolv.conf/x',
      '/var/lib/hyperv/.kvp_pool_0',
      7,
      null,
    ])
      assert.is(withPath(path), undefined, JSON.stringify(path));
  });

  test('whatever else is not as it was written is refused', () => {
    const refused = (change: object) =>
      assert.is(readJournalText(JSON.stringify({ format: 1, ...ENTRY, ...change })), undefined, JSON.stringify(change));
    refused({ format: 2 });
    refused({ backend: 'sh' });
    for (const name of ['', '..', '-f', 'a b', 'a/b', 'a\n', 'sixteen-letters-', 'a:1', 5])
      refused({ target: { ...ENTRY.target, name } });
    refused({ target: { ...ENTRY.target, index: 1.5 } });
    refused({ target: { ...ENTRY.target, mac: '00:15:5d:00:00:01; id' } });
    refused({ target: null });
    for (const gateways of [
      ['192.0.2.01'],
      ['$(id)'],
      [''],
      ['2001:DB8::1'],
      'x',
      [null],
      Array(2_000).fill('192.0.2.1'),
    ])
      refused({ present: { ...NOTHING, gateways } });
    for (const address of [
      { family: 6, text: '192.0.2.1', prefix: 24 },
      { family: 4, text: '192.0.2.1', prefix: 33 },
      { family: 4, text: '192.0.2.1', prefix: '24' },
      { family: 4, text: '192.0.2.1; id', prefix: 24 },
    ])
      refused({ wanted: { ...NOTHING, addresses: [address] } });
    refused({ wanted: { ...NOTHING, dhcp: 1 } });
    for (const file of [{ mode: 0o4755 }, { mode: -1 }, { mode: 0.5 }, { after: 5 }, { before: null }])
      refused({ files: [{ ...ENTRY.files[0], ...file }] });
    refused({ files: Array(65).fill(ENTRY.files[0]) });
    refused({ boot: '$(id)' });
    for (const text of ['', 'null', '[]', '7', '"x"', '{}', '[[[[']) assert.is(readJournalText(text), undefined, text);
  });
});
