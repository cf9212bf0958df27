import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, suite } from '../_support/suite.js';
import { temporaryFolder } from '../_support/temporary-folder.js';

const script = new URL('../../../scripts/build-step.js', import.meta.url).href;
const { runStep } = (await import(script)) as {
  runStep(stamp: string, inputs: string[], work: () => void): boolean;
};

/** A step that copies a source to an output; `during` happens while it runs. */
function copyingStep() {
  const folder = temporaryFolder();
  const sources = join(folder, 'sources');
  mkdirSync(sources);
  const source = join(sources, 'a.ts');
  const output = join(folder, 'output');
  writeFileSync(source, 'old');
  const run = (during: () => void = () => {}) =>
    runStep(join(folder, 'stamps/copy'), [sources, join(folder, 'package.json')], () => {
      const text = readFileSync(source, 'utf8');
      during();
      writeFileSync(output, text);
    });
  return { folder, source, run, made: () => readFileSync(output, 'utf8') };
}

suite('a step of the build', ({ test }) => {
  test('runs once for the same inputs', () => {
    const { run } = copyingStep();
    assert.equal([run(), run()], [true, false]);
  });

  test('runs again after an edit that landed while it ran', () => {
    const { run, source, made } = copyingStep();
    run(() => writeFileSync(source, 'new'));
    assert.is(made(), 'old');
    assert.equal([run(), made(), run()], [true, 'new', false]);
  });

  test('runs again when an edited file has the time that it had', () => {
    const { run, source, made } = copyingStep();
    const { atime, mtime } = statSync(source);
    run();
    writeFileSync(source, 'newer');
    utimesSync(source, atime, mtime);
    assert.equal([run(), made()], [true, 'newer']);
  });

  test('runs again when an input comes, goes or is older than the stamp', () => {
    const { folder, run, source } = copyingStep();
    run();
    const manifest = join(folder, 'package.json');
    writeFileSync(manifest, '{}');
    assert.is(run(), true);
    rmSync(manifest);
    assert.is(run(), true);
    utimesSync(source, 1, 1);
    assert.equal([run(), run()], [true, false]);
  });

  test('that failed runs again', () => {
    const { run } = copyingStep();
    assert.throws(() =>
      run(() => {
        throw new Error('as asked');
      }),
    );
    assert.equal([run(), run()], [true, false]);
  });
});
