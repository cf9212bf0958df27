import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openPools } from 'hv-kvp/pool';
import { decodeEntry, encodeEntry, type JournalEntry, stepState } from '#internal';
import { assert, suite } from '../_support/suite.js';
import { poolDirectory, poolPath, records } from './pool-directory.js';

const ENTRY: JournalEntry = {
  device: 66_304n,
  inode: 2n ** 40n + 7n,
  boot: '0123456789abcdef0123456789abcdef',
  at: 5_120,
  before: Uint8Array.of(1, 2, 3),
  after: Uint8Array.of(4, 5, 6, 7),
  removal: {
    key: Uint8Array.of(9),
    step: 3,
    next: 10_240,
    left: Uint8Array.of(8, 8),
    size: 2 ** 40,
    twins: 0xfedcba98,
  },
};

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'nothing';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

suite('journal entry', ({ test }) => {
  test('round trip, for each kind', () => {
    const { removal, ...single } = ENTRY;
    const kinds: JournalEntry[] = [
      ENTRY,
      { ...single, removal: undefined },
      { ...single, removal: { ...removal!, key: undefined } },
      { ...single, removal: { ...removal!, key: new Uint8Array() } },
    ];
    for (const entry of kinds) assert.equal(decodeEntry(encodeEntry(entry)), entry);
  });

  test('an entry that was cut anywhere, or has any byte wrong, is none', () => {
    const bytes = encodeEntry(ENTRY);
    for (let end = 0; end < bytes.length; end++)
      assert.is(decodeEntry(bytes.subarray(0, end)), undefined, `cut at ${end}`);
    for (let at = 0; at < bytes.length; at++) {
      const wrong = Uint8Array.from(bytes);
      wrong[at]! ^= 0x40;
      const isVersion = at >= 8 && at < 12;
      if (isVersion)
        assert.is(
          codeOf(() => decodeEntry(wrong)),
          'ERR_POOL_JOURNAL',
        );
      else assert.is(decodeEntry(wrong), undefined, `byte ${at}`);
    }
  });

  test('lengths that no memory could hold are refused before they are used', () => {
    const bytes = Buffer.from(encodeEntry(ENTRY));
    for (const at of [16, 56, 60, 64, 68]) {
      const huge = Buffer.from(bytes);
      huge.writeUInt32LE(0xffffffff, at);
      assert.is(decodeEntry(huge), undefined);
    }
  });
});

suite('journal trust', ({ testIf, test }) => {
  const root = process.geteuid?.() === 0;
  const attack = (directory: string, owner: number) => {
    const path = join(directory, '.hv-kvp-journal_0');
    writeFileSync(path, encodeEntry({ ...ENTRY, removal: undefined }));
    chownSync(path, owner, owner);
  };

  testIf(root, 'needs root', 'a journal that another user laid is refused, and the pool is not touched', async () => {
    const directory = poolDirectory();
    chmodSync(directory, 0o1777);
    writeFileSync(poolPath(directory, 0), records(['a', '1']));
    attack(directory, 1000);
    const pools = await openPools(directory);
    let code = '';
    await pools
      .pool(0)
      .get('a')
      .catch((error) => (code = error.code));
    assert.is(code, 'ERR_POOL_JOURNAL');
  });

  test('a journal of a pool file that was replaced since is forgotten', async () => {
    const directory = poolDirectory();
    writeFileSync(poolPath(directory, 0), records(['a', '1']));
    writeFileSync(join(directory, '.hv-kvp-journal_0'), encodeEntry({ ...ENTRY, at: 0, removal: undefined }));
    assert.is(await (await openPools(directory)).pool(0).get('a'), '1');
  });

  test('an entry of a later version stops the pool, not the others, and is left alone', async () => {
    const directory = poolDirectory();
    const later = Buffer.from(encodeEntry(ENTRY));
    later.writeUInt32LE(3, 8);
    writeFileSync(poolPath(directory, 0), records(['a', '1']));
    writeFileSync(join(directory, '.hv-kvp-journal_0'), later);
    const pools = await openPools(directory);
    let code = '';
    await pools
      .pool(0)
      .set('a', '2')
      .catch((error) => (code = error.code));
    assert.is(code, 'ERR_POOL_JOURNAL');
    await pools.pool(1).set('a', '1');
  });
});

suite('journal step state', ({ test }) => {
  const at = 2560;
  const before = new Uint8Array(2560).fill(1);
  const after = new Uint8Array(2560).fill(2);
  const step = { at, before, after };
  const cutAt = (place: number) => Uint8Array.from([...after.subarray(0, place), ...before.subarray(place)]);

  test('a cut where a page of the file ends is the step, whoever wrote since', () => {
    assert.is(stepState(cutAt(4096 - at), step, false), 'between');
    assert.is(stepState(before, step, false), 'before');
    assert.is(stepState(after, step, false), 'after');
  });

  test('a mix that no kill leaves is what somebody else wrote', () => {
    for (const place of [1, 511, 512, 513, 700, 1024, 1535, 1537, 2048, 2559]) {
      assert.is(stepState(cutAt(place), step, false), 'foreign', `${place}`);
    }
  });

  test('after a loss of power each sector may be old or new', () => {
    for (let place = 512; place < 2560; place += 512) assert.is(stepState(cutAt(place), step, true), 'between');
    assert.is(stepState(cutAt(700), step, true), 'foreign');
  });

  test('anything else is somebody else’s', () => {
    const theirs = cutAt(1024);
    theirs[2000] = 3;
    assert.is(stepState(theirs, step, true), 'foreign');
    assert.is(stepState(before.subarray(0, 100), step, true), 'foreign');
  });

  test('a record being added is recognized at any length', () => {
    const none = new Uint8Array();
    for (const length of [1, 100, 512, 2559]) {
      assert.is(stepState(after.slice(0, length), { at, before: none, after }, false), 'between');
    }
    assert.is(stepState(Uint8Array.of(2, 2, 5), { at, before: none, after }, false), 'foreign');
  });
});
