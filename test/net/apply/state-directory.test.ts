import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { KvpError } from 'hv-kvp';
import { type NetJournalEntry as JournalEntry, journalText, leftProgram, openJournal } from '#internal';
import { whileExchanged } from '../../_support/exchanged-name.js';
import { Random, seedOfRun } from '../../_support/random.js';
import { assert, suite } from '../../_support/suite.js';
import { temporaryFolder } from '../../_support/temporary-folder.js';
import { ImaginaryManager, NEW, OLD } from './imaginary-manager.js';

const ENTRY: JournalEntry = {
  backend: 'netplan',
  target: { name: 'eth0', index: 2, mac: '00:15:5D:00:00:01' },
  present: OLD,
  wanted: NEW,
  files: [],
  boot: '',
};
const NAMES = ['net-journal', 'net-last-change', 'net-program', 'net-lock'] as const;
const isRoot = process.getuid?.() === 0;
const isLinux = process.platform === 'linux';
const STRANGER = 12_345;
const MEBIBYTE = 1024 * 1024;

/** What somebody may have put at a name, who could write to the directory at some time. */
const INTRUSIONS: Record<string, (path: string, victim: string) => void> = {
  'random bytes': (path) => {
    const random = new Random(seedOfRun());
    fs.writeFileSync(
      path,
      Uint8Array.from({ length: 5_000 }, () => random.below(256)),
      { mode: 0o600 },
    );
  },
  '10 MiB': (path) => fs.writeFileSync(path, 'x'.repeat(10 * MEBIBYTE), { mode: 0o600 }),
  'an empty file': (path) => fs.writeFileSync(path, '', { mode: 0o600 }),
  'a directory with a file': (path) => {
    fs.mkdirSync(path);
    fs.writeFileSync(join(path, 'inside'), '');
  },
  'a FIFO': (path) => execFileSync('mkfifo', [path]),
  'a link to a file': (path, victim) => fs.symlinkSync(victim, path),
  'a link to nothing': (path) => fs.symlinkSync(`${path}-nothing`, path),
  'a second name of a file': (path, victim) => fs.linkSync(victim, path),
  'a file that all may write': (path) => {
    fs.writeFileSync(path, journalText(ENTRY));
    fs.chmodSync(path, 0o666);
  },
  ...(isRoot && {
    "a stranger's file": (path: string) => {
      fs.writeFileSync(path, journalText(ENTRY), { mode: 0o600 });
      fs.chownSync(path, STRANGER, STRANGER);
    },
  }),
};

async function failureOf(act: () => unknown): Promise<unknown> {
  try {
    await act();
  } catch (error) {
    return error;
  }
  return undefined;
}

async function withoutKills(act: () => Promise<void>): Promise<void> {
  const { kill } = process;
  const killed: unknown[] = [];
  process.kill = (...call) => {
    killed.push(call);
    return true;
  };
  try {
    await act();
  } finally {
    process.kill = kill;
  }
  assert.equal(killed, []);
}

suite('the state directory', ({ test, testIf }) => {
  for (const [title, intrude] of Object.entries(INTRUSIONS))
    for (const name of NAMES)
      test(`with ${title} at ${name} ends in a typed error or goes on; nothing else is written`, () =>
        withoutKills(async () => {
          const manager = new ImaginaryManager();
          fs.mkdirSync(manager.stateDir, { mode: 0o700 });
          const victim = join(manager.root, 'victim');
          fs.writeFileSync(victim, 'precious', { mode: 0o600 });
          intrude(join(manager.stateDir, name), victim);
          for (const act of [
            () => manager.changer.recover(),
            () => manager.changer.planBack(),
            () => manager.changer.apply('eth0', NEW),
            () => leftProgram(manager.stateDir).note(process.pid),
            () => leftProgram(manager.stateDir).end(0),
            () => openJournal(manager.stateDir).begin(ENTRY),
          ]) {
            const failure = await failureOf(act);
            assert.ok(failure === undefined || failure instanceof KvpError, String(failure));
            if (failure !== undefined) assert.match((failure as KvpError).message, manager.stateDir);
          }
          assert.is(fs.readFileSync(victim, 'utf8'), 'precious');
        }));

  const refused: [title: string, make: (path: string) => void, found: RegExp][] = [
    ['that all may write to', (path) => fs.chmodSync(path, 0o777), /mode 0777.*"chmod go-w /],
    ['that its group may write to', (path) => fs.chmodSync(path, 0o770), /mode 0770.*"chmod go-w /],
    ['that all may write to, sticky', (path) => fs.chmodSync(path, 0o1777), /mode 1777.*"chmod go-w /],
    [
      'that is a link',
      (path) => {
        fs.renameSync(path, `${path}-real`);
        fs.symlinkSync(`${path}-real`, path);
      },
      /is a link/,
    ],
    [
      'that is a link to nothing',
      (path) => {
        fs.rmdirSync(path);
        fs.symlinkSync(`${path}-real`, path);
      },
      /is a link/,
    ],
    [
      'that is a file',
      (path) => {
        fs.rmdirSync(path);
        fs.writeFileSync(path, '');
      },
      /is no directory/,
    ],
  ];
  if (isRoot)
    refused.push([
      'of another user',
      (path) => fs.chownSync(path, STRANGER, STRANGER),
      /belongs to user 12345.*"chown 0 /,
    ]);
  for (const [title, make, found] of refused)
    test(`${title} is refused by name, with what was found and what mends it`, async () => {
      const manager = new ImaginaryManager();
      fs.mkdirSync(manager.stateDir, { mode: 0o700 });
      make(manager.stateDir);
      const listed = fs.readdirSync(manager.root);
      for (const act of [
        () => manager.changer.recover(),
        () => manager.changer.planBack(),
        () => manager.changer.apply('eth0', NEW),
      ]) {
        const failure = (await failureOf(act)) as KvpError;
        assert.is(failure?.code, 'ERR_OS_FOLDER');
        assert.match(failure.message, manager.stateDir);
        assert.match(failure.message, found);
      }
      assert.equal(manager.started, []);
      assert.equal(fs.readdirSync(manager.root), listed);
    });

  for (const umask of [0, 0o077])
    test(`is made with its mode under umask ${umask.toString(8)}, and so are a manager's folder and the files`, async () => {
      const manager = new ImaginaryManager();
      const stateDir = join(manager.root, 'made/with/state');
      fs.rmSync(join(manager.root, 'etc'), { recursive: true });
      const before = process.umask(umask);
      try {
        const outcome = await manager.anotherChanger({ stateDir }).apply('eth0', NEW);
        assert.is(outcome.kind, 'applied');
      } finally {
        process.umask(before);
      }
      const modeOf = (path: string) => (fs.statSync(join(manager.root, path)).mode & 0o7777).toString(8);
      assert.is(modeOf('made'), '755');
      assert.is(modeOf('made/with/state'), process.platform === 'freebsd' ? '700' : '755');
      assert.is(modeOf('etc/netplan'), '755');
      assert.is(modeOf('etc/netplan/eth0.yaml'), '600');
      for (const name of fs.readdirSync(stateDir)) assert.is(modeOf(`made/with/state/${name}`), '600', name);
    });

  for (const name of ['net-journal', '.net-journal.hv-kvp-new', 'net-program', '.net-program.hv-kvp-new', 'net-lock'])
    test(`a link that is swapped in at ${name} again and again leads no write to another file`, async () => {
      const folder = temporaryFolder();
      const stateDir = join(folder, 'state');
      fs.mkdirSync(stateDir, { mode: 0o700 });
      const victim = join(folder, 'victim');
      fs.writeFileSync(victim, 'precious');
      const manager = new ImaginaryManager();
      const changer = manager.anotherChanger({ stateDir });
      const program = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
      await once(program, 'spawn');
      await whileExchanged(join(stateDir, name), victim, 'link', async () => {
        for (let round = 0; round < 150; round++) {
          const failures = [
            await failureOf(() => openJournal(stateDir).begin(ENTRY)),
            await failureOf(() => openJournal(stateDir).forget()),
            await failureOf(() => leftProgram(stateDir).note(program.pid!)),
            await failureOf(() => changer.recover()),
          ];
          for (const failure of failures)
            assert.ok(failure === undefined || failure instanceof KvpError, String((failure as Error)?.stack));
        }
      });
      program.kill('SIGKILL');
      assert.is(fs.readFileSync(victim, 'utf8'), 'precious');
    });

  testIf(isLinux, 'no /proc', 'a note of a program that is forged ends no process', async () => {
    const folder = temporaryFolder();
    const note = join(folder, 'net-program');
    const child = spawn('sh', ['-c', 'echo ready; exec sleep 1000'], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    leftProgram(folder).note(child.pid!);
    const genuine = fs.readFileSync(note, 'utf8');
    const [pid, started, boot] = genuine.trim().split(' ');
    assert.is(pid, String(child.pid));
    const startOf = (of: number | string) =>
      fs
        .readFileSync(`/proc/${of}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ')[19];
    const otherBoot = '0f0e0d0c-0000-4000-8000-000000000000';
    const texts = [
      `1 ${startOf(1)} ${boot}\n`,
      `0 ${startOf('self')} ${boot}\n`,
      `-1 ${started} ${boot}\n`,
      `${process.pid} ${startOf('self')} ${boot}\n`,
      `${pid} ${started}\n`,
      `${pid} ${started} \n`,
      `${pid} ${started} ${otherBoot}\n`,
      `${pid} ${Number(started) + 1} ${boot}\n`,
      `${pid}.5 ${started} ${boot}\n`,
      `0x${Number(pid).toString(16)} ${started} ${boot}\n`,
      `${pid} ${started} ${boot}\n${pid} ${started} ${boot}\n`,
      `${2 ** 32 + Number(pid)} ${started} ${boot}\n`,
    ];
    const heard: string[] = [];
    await withoutKills(async () => {
      for (const text of texts) {
        fs.writeFileSync(note, text, { mode: 0o600 });
        await leftProgram(folder, (line) => heard.push(line)).end(0);
      }
      const forge = (make: () => void) => {
        fs.rmSync(note, { force: true });
        fs.writeFileSync(join(folder, 'elsewhere'), genuine, { mode: 0o600 });
        make();
      };
      for (const make of [
        () => fs.symlinkSync('elsewhere', note),
        () => fs.linkSync(join(folder, 'elsewhere'), note),
        () => {
          fs.writeFileSync(note, genuine);
          fs.chmodSync(note, 0o666);
        },
        ...(isRoot
          ? [
              () => {
                fs.writeFileSync(note, genuine, { mode: 0o600 });
                fs.chownSync(note, STRANGER, STRANGER);
              },
            ]
          : []),
      ]) {
        forge(make);
        await leftProgram(folder, (line) => heard.push(line)).end(0);
        assert.match(heard.at(-1)!, /not believed/);
      }
    });
    assert.ok(heard.some((line) => line.includes('0.1.0')));
    child.kill('SIGKILL');
  });

  testIf(isLinux, 'no /proc', 'a program that leads no session of its own is not ended', async () => {
    const folder = temporaryFolder();
    const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
    await once(child, 'spawn');
    const start = fs
      .readFileSync(`/proc/${child.pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')[19];
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    fs.writeFileSync(join(folder, 'net-program'), `${child.pid} ${start} ${boot}\n`, { mode: 0o600 });
    await withoutKills(() => leftProgram(folder).end(0));
    child.kill('SIGKILL');
  });
});
