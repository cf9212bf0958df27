import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { type FileChange, prepareFiles, restoreFiles } from '#internal';
import { codeOf } from '../../_support/error-code.js';
import { whileExchanged } from '../../_support/exchanged-name.js';
import { assert, suite } from '../../_support/suite.js';
import { temporaryFolder } from '../../_support/temporary-folder.js';

const change = (path: string, before: string | undefined, after: string | undefined, mode = 0o600): FileChange => ({
  path,
  before,
  after,
  mode,
});
const writeFiles = (root: string, changes: FileChange[]) => prepareFiles(root, changes).commit();

suite('files of a plan', ({ test, testIf }) => {
  test('are written, made and removed; the mode of one that exists stays', () => {
    const root = temporaryFolder();
    fs.mkdirSync(join(root, 'etc'));
    fs.writeFileSync(join(root, 'etc/a'), 'old', { mode: 0o640 });
    fs.writeFileSync(join(root, 'etc/gone'), 'bye');
    writeFiles(root, [
      change('/etc/a', 'old', 'new'),
      change('/etc/deeper/b', undefined, 'made'),
      change('/etc/gone', 'bye', undefined),
    ]);
    assert.is(fs.readFileSync(join(root, 'etc/a'), 'utf8'), 'new');
    assert.is(fs.statSync(join(root, 'etc/a')).mode & 0o777, 0o640);
    assert.is(fs.readFileSync(join(root, 'etc/deeper/b'), 'utf8'), 'made');
    assert.is(fs.statSync(join(root, 'etc/deeper/b')).mode & 0o777, 0o600);
    assert.equal(fs.readdirSync(join(root, 'etc')).sort(), ['a', 'deeper']);
  });

  test('are all as before when one is not what the plan saw', () => {
    const root = temporaryFolder();
    fs.writeFileSync(join(root, 'a'), 'old');
    fs.writeFileSync(join(root, 'b'), 'edited by hand');
    const act = () => writeFiles(root, [change('/a', 'old', 'new'), change('/b', 'old', 'new')]);
    assert.is(codeOf(act), 'ERR_NET_CHANGED');
    assert.is(fs.readFileSync(join(root, 'a'), 'utf8'), 'old');
    assert.is(
      codeOf(() => writeFiles(root, [change('/a', undefined, 'new')])),
      'ERR_NET_CHANGED',
    );
    assert.is(
      codeOf(() => writeFiles(root, [change('/missing', 'old', 'new')])),
      'ERR_NET_CHANGED',
    );
  });

  test('are all as before when one cannot be written, and nothing is left over', () => {
    const root = temporaryFolder();
    fs.writeFileSync(join(root, 'a'), 'old');
    fs.writeFileSync(join(root, 'blocks'), 'a file where a folder is needed');
    const act = () => writeFiles(root, [change('/a', 'old', 'new'), change('/blocks/b', undefined, 'new')]);
    assert.is(codeOf(act), 'ERR_NET_WRITE');
    assert.is(fs.readFileSync(join(root, 'a'), 'utf8'), 'old');
    assert.equal(fs.readdirSync(root).sort(), ['a', 'blocks']);
  });

  test('a failure in the middle of the renames takes the first ones back', () => {
    const root = temporaryFolder();
    fs.writeFileSync(join(root, 'a'), 'old');
    const last = {
      ...change('/c', undefined, 'new'),
      // Asked for when all before it are prepared: from now on /b cannot be put in its place.
      get mode() {
        fs.mkdirSync(join(root, 'b/occupied'), { recursive: true });
        return 0o600;
      },
    };
    const act = () => writeFiles(root, [change('/a', 'old', 'new'), change('/b', undefined, 'new'), last]);
    assert.is(codeOf(act), 'ERR_NET_WRITE');
    assert.is(fs.readFileSync(join(root, 'a'), 'utf8'), 'old');
    assert.equal(fs.readdirSync(root).sort(), ['a', 'b']);
  });

  test('a link stays one, and the file that it leads to is replaced; one that leads nowhere is refused', () => {
    const root = temporaryFolder();
    fs.mkdirSync(join(root, 'real'));
    fs.writeFileSync(join(root, 'real/file'), 'old');
    fs.symlinkSync('/real/file', join(root, 'link'));
    writeFiles(root, [change('/link', 'old', 'new')]);
    assert.ok(fs.lstatSync(join(root, 'link')).isSymbolicLink());
    assert.is(fs.readFileSync(join(root, 'real/file'), 'utf8'), 'new');
    fs.symlinkSync(join(root, 'nowhere'), join(root, 'dangling'));
    assert.is(
      codeOf(() => writeFiles(root, [change('/dangling', undefined, 'new')])),
      'ERR_NET_WRITE',
    );
    assert.is(fs.existsSync(join(root, 'nowhere')), false);
  });

  test('no link leads out of the root: neither of a file nor of a folder', () => {
    const outside = temporaryFolder();
    fs.writeFileSync(join(outside, 'file'), 'old');
    for (const target of [outside, `../../../../..${outside}`]) {
      const root = temporaryFolder();
      fs.mkdirSync(join(root, 'etc'));
      fs.symlinkSync(join(target, 'file'), join(root, 'etc/link'));
      fs.symlinkSync(target, join(root, 'etc/folder'));
      for (const [path, before] of [
        ['/etc/link', 'old'],
        ['/etc/folder/file', 'old'],
        ['/etc/folder/new', undefined],
      ] as const)
        assert.match(String(codeOf(() => writeFiles(root, [change(path, before, 'new')]))), /^ERR_NET_/, path);
    }
    assert.equal(fs.readdirSync(outside), ['file']);
    assert.is(fs.readFileSync(join(outside, 'file'), 'utf8'), 'old');
  });

  test('a folder may be a link, to another folder or through several', () => {
    const root = temporaryFolder();
    fs.mkdirSync(join(root, 'etc'));
    fs.mkdirSync(join(root, 'srv/real'), { recursive: true });
    fs.symlinkSync('../srv/other', join(root, 'etc/netplan'));
    fs.symlinkSync('/srv/real', join(root, 'srv/other'));
    writeFiles(root, [change('/etc/netplan/a', undefined, 'new'), change('/etc/netplan/deeper/b', undefined, 'new')]);
    assert.equal(fs.readdirSync(join(root, 'srv/real')).sort(), ['a', 'deeper']);
    fs.symlinkSync('round', join(root, 'etc/round'));
    assert.is(
      codeOf(() => writeFiles(root, [change('/etc/round/a', undefined, 'new')])),
      'ERR_NET_WRITE',
    );
  });

  test('a folder that is swapped for a link again and again leads no write out of the root', async () => {
    const root = temporaryFolder();
    const outside = temporaryFolder();
    fs.mkdirSync(join(root, 'etc/netplan'), { recursive: true });
    await whileExchanged(join(root, 'etc/netplan'), outside, 'folder', () => {
      for (let round = 0; round < 300; round++)
        assert.match(
          `ok ${codeOf(() => writeFiles(root, [change(`/etc/netplan/${round}`, undefined, 'new')]))}`,
          /^ok (undefined|ERR_NET_(WRITE|CHANGED))$/,
        );
    });
    assert.equal(fs.readdirSync(outside), []);
  });

  test('a file that is swapped for a link again and again leads no write to another file', async () => {
    const root = temporaryFolder();
    const outside = join(temporaryFolder(), 'victim');
    fs.writeFileSync(outside, 'precious');
    fs.mkdirSync(join(root, 'etc'));
    await whileExchanged(join(root, 'etc/.file.hv-kvp-new'), outside, 'link', () =>
      whileExchanged(join(root, 'etc/file'), outside, 'link', () => {
        for (let round = 0; round < 300; round++)
          assert.match(
            `ok ${codeOf(() => writeFiles(root, [change('/etc/file', undefined, 'new')]))}`,
            /^ok (undefined|ERR_NET_(WRITE|CHANGED))$/,
          );
      }),
    );
    assert.is(fs.readFileSync(outside, 'utf8'), 'precious');
  });

  const isRoot = process.getuid?.() === 0;
  for (const [title, harm, found] of [
    [
      'a folder that all may write to',
      (root: string) => fs.chmodSync(join(root, 'etc'), 0o777),
      /etc may be .*chmod go-w/,
    ],
    ["another user's folder", (root: string) => fs.chownSync(join(root, 'etc'), 12_345, 0), /etc belongs to .*chown/],
    [
      "another user's link",
      (root: string) => fs.lchownSync(join(root, 'etc/link'), 12_345, 0),
      /link belongs to .*chown/,
    ],
    [
      'a link that the group can exchange',
      (root: string) => fs.chmodSync(join(root, 'etc'), 0o775),
      /link may be written by others/,
    ],
  ] as const)
    testIf(isRoot, 'needs root', `${title} is not written through`, () => {
      const root = temporaryFolder();
      fs.mkdirSync(join(root, 'etc/real'), { recursive: true });
      fs.symlinkSync('real', join(root, 'etc/link'));
      harm(root);
      const changes = [change('/etc/link/file', undefined, 'new')];
      assert.throws(() => writeFiles(root, changes), found);
      assert.equal(fs.readdirSync(join(root, 'etc/real')), []);
    });

  test('a FIFO, a folder and a file without end are refused at once', () => {
    const root = temporaryFolder();
    execFileSync('mkfifo', [join(root, 'fifo')]);
    fs.mkdirSync(join(root, 'folder'));
    fs.writeFileSync(join(root, 'huge'), '');
    fs.truncateSync(join(root, 'huge'), 2 ** 40);
    for (const name of ['fifo', 'folder', 'huge']) {
      const act = () => writeFiles(root, [change(`/${name}`, 'old', 'new')]);
      assert.is(codeOf(act), 'ERR_NET_WRITE', name);
      assert.equal(restoreFiles(root, [change(`/${name}`, 'old', 'new')]), [`/${name}`]);
    }
  });

  test('bytes that are not UTF-8 are refused, since they could not be given back', () => {
    const root = temporaryFolder();
    fs.writeFileSync(join(root, 'a'), Buffer.from([0x61, 0xff]));
    assert.is(
      codeOf(() => writeFiles(root, [change('/a', 'a\ufffd', 'new')])),
      'ERR_NET_WRITE',
    );
  });

  test('restored: what was made goes, what was removed comes back, what somebody else wrote stays', () => {
    const root = temporaryFolder();
    for (const [name, text] of [
      ['a', 'old'],
      ['gone', 'bye'],
      ['edited', 'old'],
    ] as const)
      fs.writeFileSync(join(root, name), text);
    const changes = [
      change('/a', 'old', 'new'),
      change('/made', undefined, 'new'),
      change('/gone', 'bye', undefined),
      change('/edited', 'old', 'new'),
    ];
    writeFiles(root, changes);
    fs.writeFileSync(join(root, 'edited'), 'by hand');
    assert.equal(restoreFiles(root, changes), ['/edited']);
    assert.equal(fs.readdirSync(root).sort(), ['a', 'edited', 'gone']);
    assert.is(fs.readFileSync(join(root, 'a'), 'utf8'), 'old');
    assert.is(fs.readFileSync(join(root, 'gone'), 'utf8'), 'bye');
    assert.is(fs.readFileSync(join(root, 'edited'), 'utf8'), 'by hand');
    // Twice is once.
    assert.equal(restoreFiles(root, changes), ['/edited']);
  });
});
