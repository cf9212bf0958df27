import { readFileSync, writeFileSync } from 'node:fs';
import { openPools, type Pool } from 'hv-kvp/pool';
import {
  fileOf,
  type RecordedReading,
  recordedEvents,
  recordedReadings,
  recordedRuns,
  sha256Of,
  textOf,
} from '../_support/azure-init.js';
import { assert, suite } from '../_support/suite.js';
import { type Act, append, azureDelete, azureWrite, clear, type Item, load } from './other-writers.js';
import { poolDirectory, poolPath, records } from './pool-directory.js';

async function poolOf(bytes: Uint8Array): Promise<{ pool: Pool; path: string }> {
  const directory = poolDirectory();
  const path = poolPath(directory, 1);
  writeFileSync(path, bytes);
  return { pool: (await openPools(directory)).pool('guest'), path };
}

const lines = (text: string): Item[] =>
  text
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);

/** A recorded command as a function over the file; undefined when it only reads. */
function actOf(args: string[], stdin: string): Act | undefined {
  const [name, ...rest] = args.filter((arg, at) => !['--unsafe', '--json'].includes(arg) || at > 1);
  const words = rest.filter((word, at) => !(word === '--' && !rest.slice(0, at).includes('--')));
  if (name === 'write' && words[0] === '--append') return append([words[1]!, words[2]!]);
  if (name === 'write') return azureWrite(words[0]!, words[1]!);
  if (name === 'delete' || name === 'delete-multiple') return azureDelete(...words);
  if (name === 'load') return load(...lines(stdin));
  if (name === 'append-multiple') return append(...lines(stdin));
  if (name === 'clear') return words.includes('--if-stale') ? undefined : clear;
  return undefined;
}

/** Not a matter of the file's records: what a report says, and what another program's limits are. */
const NOT_ACTED = new Set([
  'report-success',
  'report-success with supporting data and agent',
  'report-failure',
  'report: text with the delimiter, quotes and newline is CSV-quoted',
  'report twice: one record',
  'overwrite of a record with stale bytes behind the value: cleaned',
  'write over a key before an invalid record: changed although refused',
]);

suite('pool and libazureinit-kvp: what it writes', ({ test }) => {
  for (const run of recordedRuns) {
    if (run.after === null || NOT_ACTED.has(run.name)) continue;
    const expected = run.after;
    test(`our model of it, and what we read of its file: ${run.name}`, async () => {
      let file: Uint8Array = run.before === undefined ? new Uint8Array() : fileOf(run.before)!;
      for (const { args, rc, stdin } of run.steps) {
        if (rc === 0) file = actOf(args.map(textOf), stdin ?? '')?.(file) ?? file;
      }
      assert.is(sha256Of(file), expected.sha256);
      const { pool } = await poolOf(file);
      const texts = expected.records.filter(({ key, value, size }) => size === 2560 && `${key}${value}` !== '');
      assert.equal(
        (await pool.entries()).map(({ keyBytes, valueBytes }) => [hex(keyBytes), hex(valueBytes)]),
        texts.map(({ key, value }) => [key, value]),
      );
    });
  }
});

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/**
 * Where ours differs on purpose. `applies` says for which recording; each is needed by at least one.
 */
const RULES: { name: string; why: string; applies(reading: RecordedReading): boolean }[] = [
  {
    name: 'readable all the same',
    why: 'one record that is not UTF-8, or a partial one at the end, hides none of the others',
    applies: ({ theirs }) => theirs.find(({ args }) => args.join(' ') === '--json dump')?.rc === 3,
  },
  {
    name: 'the first NUL ends a field',
    why: 'the stock daemon leaves old bytes behind it; libazureinit-kvp takes them for text',
    applies: ({ file }) =>
      file!.records.some(({ key_tail_garbage, value_tail_garbage }) => key_tail_garbage ?? value_tail_garbage),
  },
  {
    name: 'a record without text is not listed',
    why: 'it is a slot that somebody emptied',
    applies: ({ file }) => file!.records.some(({ key, value, size }) => size === 2560 && key === '' && value === ''),
  },
];

suite('pool and libazureinit-kvp: what it reads', ({ test }) => {
  const used = new Set<string>();
  for (const reading of recordedReadings) {
    const bytes = reading.file?.records === undefined ? undefined : fileOf(reading.file);
    if (bytes === undefined || /locked|nobody/.test(reading.name)) continue;
    const rules = RULES.filter(({ applies }) => applies(reading));
    for (const { name } of rules) used.add(name);

    test(`the same file, ${rules.map(({ name }) => name).join(', ') || 'read alike'}: ${reading.name}`, async () => {
      const { pool } = await poolOf(bytes);
      const entries = await pool.entries();
      const expected = reading.file!.records.filter(({ key, value, size }) => size === 2560 && `${key}${value}` !== '');
      assert.equal(
        entries.map(({ keyBytes, valueBytes }) => [hex(keyBytes), hex(valueBytes)]),
        expected.map(({ key, value }) => [key, value]),
      );
      const dump = reading.theirs.find(({ args }) => args.join(' ') === '--json dump');
      if (rules.length === 0) {
        const text = `${JSON.stringify(entries.map(({ key, value }) => ({ key, value })))}\n`;
        const theirs = dump!.stdout as string | { sha256: string };
        assert.is(
          typeof theirs === 'string' ? text : sha256Of(Buffer.from(text)),
          typeof theirs === 'string' ? theirs : theirs.sha256,
        );
      }
      for (const { args, rc, stdout } of reading.theirs) {
        if (args[1] !== 'read' || rules.length > 0 || args[2]!.includes('…') || typeof stdout !== 'string') continue;
        const key = args[2]!.replaceAll('\\n', '\n');
        const value = await pool.get(key, { last: true });
        assert.is(value, rc === 0 ? (JSON.parse(stdout) as { value: string }).value : undefined, key);
      }
    });

    for (const { op, rc, after } of reading.writes) {
      if (rc !== 0 || op[0] === 'clear') continue;
      test(`${op.join(' ')} leaves the same records: ${reading.name}`, async () => {
        const { pool } = await poolOf(bytes);
        if (op[0] === 'set') await pool.set(op[1]!, op[2]!);
        else await pool.delete(op[1]!);
        const ours = (await pool.entries()).map(({ keyBytes, valueBytes }) => `${hex(keyBytes)}=${hex(valueBytes)}`);
        const theirs = (after?.records ?? []).map(({ key, value }) => `${key}=${value}`).filter((text) => text !== '=');
        // A removal of ours keeps the order; theirs fills the gap with the last record.
        assert.equal(ours.sort(), theirs.sort());
      });
    }
  }

  test('each rule has a recording that needs it', () => {
    assert.equal([...used].sort(), RULES.map(({ name }) => name).sort());
  });
});

suite('pool and the events of agents', ({ test }) => {
  for (const { agent, records: events } of recordedEvents) {
    const file = records(
      ...events.map(({ key, value }): [Buffer, Buffer] => [Buffer.from(key, 'hex'), Buffer.from(value, 'hex')]),
    );

    test(`check calls no part of an event of ${agent} a duplicate or damaged, and repair changes none`, async () => {
      const { pool, path } = await poolOf(file);
      const wrong = (await pool.check()).filter(({ kind }) => ['duplicate', 'invalid-utf8'].includes(kind));
      assert.equal(
        wrong.filter(({ key }) => key !== 'PROVISIONING_REPORT'),
        [],
      );
      for (const options of [{}, { duplicates: 'first' }, { duplicates: 'last' }, { replaceInvalid: true }] as const) {
        await pool.repair(options);
        assert.equal(readFileSync(path), file, JSON.stringify(options));
      }
    });

    test(`of a key of ${agent} that is named, repair keeps whole values`, async () => {
      const { pool } = await poolOf(file);
      const split = events.filter(({ key }, at) => events.findIndex((each) => each.key === key) !== at);
      for (const { key } of split) {
        const name = Buffer.from(key, 'hex');
        if (name.toString() === 'PROVISIONING_REPORT') continue;
        const before = (await pool.entriesOf(name)).length;
        await pool.repair({ duplicates: 'last', keys: [name] });
        assert.is((await pool.entriesOf(name)).length, before, name.toString());
      }
      assert.ok(split.length > 0 || agent.startsWith('cloud-init 22'));
    });
  }
});
