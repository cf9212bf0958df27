/** Disks that are full or cannot be written, and a link that goes away: nothing is lost, and the host hears the truth. */
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { ADAPTER_NOT_FOUND, DISK_FULL, FAIL } from '../../_support/harmed-guest.js';
import { assert, suite } from '../../_support/suite.js';
import { fakeProgram } from './fake-program.js';
import { changedFiles, configurationFiles } from './guest-state.js';
import type { GuestSystem } from './guest-system.js';
import { connect, run } from './network.js';
import {
  assertWorks,
  giveAdapterId,
  JOURNAL,
  logged,
  NEW,
  OLD,
  type ProgramGuest,
  restartDaemon,
  STATE_DIR,
} from './program-guest.js';
import { SECOND, SITE_B } from './story.js';

export interface FaultyProgram {
  guest: ProgramGuest;
  system: GuestSystem;
  /** The configuration file that changes. */
  path: string;
  /** One that takes it up. */
  program: string;
  /** So many of its starts have to fail one after the other for the change to end: others have a way out. */
  failures: number;
}

export function testFaults({ guest, system, path, program, failures }: FaultyProgram): void {
  const folder = dirname(path);
  let files: Record<string, string>;

  suite(`hv-kvp-daemon with ${system.name} in trouble`, ({ test, after }) => {
    after(() => guest.stop());

    test('the disk of the configuration is full: 0x80070070, nothing changed', async () => {
      await begin();
      const leave = diskOver(folder);
      fill(folder);
      assert.is(await guest.setIp(NEW), DISK_FULL);
      await assertAsBefore();
      assert.match(JSON.stringify(logged(guest.daemon, 'a request failed').at(-1)), `${path}`);
      leave();
      await assertChangeable();
    });

    test('the disk of the journal is full: 0x80070070, nothing changed', async () => {
      await begin();
      const makeRoom = fill(STATE_DIR);
      assert.is(await guest.setIp(NEW), DISK_FULL);
      await assertAsBefore();
      makeRoom();
      await assertChangeable();
    });

    test('the configuration cannot be written: failed, nothing changed, the log names the folder', async () => {
      await begin();
      run('mount', '--bind', folder, folder);
      run('mount', '-o', 'remount,bind,ro', folder);
      assert.is(await guest.setIp(NEW), FAIL);
      await assertAsBefore();
      const [line] = logged(guest.daemon, 'a request failed').slice(-1);
      assert.match(String(line?.['error']), `ReadWritePaths=${folder} `);
      run('umount', folder);
      await assertChangeable();
    });

    test('the file cannot be replaced: failed, and the old one is in force', async () => {
      await begin();
      run('mount', '--bind', path, path);
      assert.is(await guest.setIp(NEW), FAIL);
      await assertAsBefore();
      run('umount', path);
      await assertChangeable();
    });

    test('the disk turns read-only midway: the new configuration works; the next daemon takes it back', turnsReadOnly);

    test('the link goes away midway: failed, the old files; and so it is when the link is back', async () => {
      await begin();
      fakeProgram(program).nextTime(`ip link delete ${SECOND.link}`);
      assert.is(await guest.setIp(NEW), FAIL);
      assert.equal(changedFiles(files), []);
      assert.is(await guest.setIp(NEW), ADAPTER_NOT_FOUND);
      connect(SITE_B, SECOND.link, SECOND.mac);
      giveAdapterId();
      system.linkCame(SECOND.link);
      await assertWorks(guest, OLD);
      await assertChangeable();
    });
  });

  async function turnsReadOnly(): Promise<void> {
    await begin();
    const leave = diskOver(folder);
    fakeProgram(program).nextTime(`mount -o remount,ro ${folder}\n${failing(program, failures)}`);
    assert.is(await guest.setIp(NEW), FAIL);
    assert.equal(changedFiles(files).sort(), [path, JOURNAL].sort());
    await assertWorks(guest, NEW);
    run('mount', '-o', 'remount,rw', folder);
    await guest.daemon.stop('SIGKILL');
    await restartDaemon(guest);
    await assertAsBefore();
    leave();
    await assertChangeable();
  }

  async function begin(): Promise<void> {
    assert.is(await guest.setIp(OLD), 0, guest.daemon.output);
    files = configurationFiles();
  }

  async function assertAsBefore(): Promise<void> {
    assert.equal(changedFiles(files), []);
    assert.not.ok(existsSync(JOURNAL));
    await assertWorks(guest, OLD);
  }

  async function assertChangeable(): Promise<void> {
    assert.is(await guest.setIp(NEW), 0, guest.daemon.output);
    await assertWorks(guest, NEW);
  }
}

/** A script for `fakeProgram` that fails, and has the next starts fail. */
const failing = (program: string, times: number): string =>
  times === 1
    ? 'exit 1'
    : `cat >/run/fake/${program} <<'NEXT${times}'\n${failing(program, times - 1)}\nNEXT${times}\nexit 1`;

/** A file system in memory in the folder's place, with all that is in it; the function returned takes it away. */
function diskOver(folder: string): () => void {
  const copy = `/run/copy-of-${basename(folder)}`;
  run('cp', '-a', `${folder}/.`, copy);
  run('mount', '-t', 'tmpfs', '-o', 'mode=755', 'disk', folder);
  run('cp', '-a', `${copy}/.`, folder);
  return () => {
    run('umount', folder);
    run('rm', '-rf', copy);
  };
}

/** Of a file system in memory; the function returned makes room again. */
function fill(folder: string): () => void {
  const used = run('df', '--output=used', '-k', folder).trim().split('\n').at(-1)?.trim();
  run('mount', '-o', `remount,size=${used}k`, folder);
  return () => run('mount', '-o', 'remount,size=16M', folder);
}
