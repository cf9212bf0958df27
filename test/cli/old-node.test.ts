/** A Node that is too old is told so, by both commands, instead of a stack trace. */
import { readFileSync } from 'node:fs';
import { assert, suite } from '../_support/suite.js';
import { run } from '../pool/processes.js';
import { BIN } from './host-command.js';

const PROGRAMS = { 'hv-kvp': BIN, 'hv-kvp-daemon': BIN.replace('hv-kvp.js', 'hv-kvp-daemon.js') };

/** Runs a command under a Node that says it has this version. */
function asNode(version: string, program: string) {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: ${JSON.stringify(version)} })`;
  return run(process.execPath, ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, program, '--help']);
}

suite('old Node', ({ test }) => {
  for (const [name, program] of Object.entries(PROGRAMS)) {
    test(`${name} says which Node it needs`, async () => {
      for (const version of ['10.24.1', '18.20.8', '20.18.9']) {
        const { code, stdout, stderr } = await asNode(version, program);
        assert.equal([code, stdout], [name === 'hv-kvp' ? 3 : 1, '']);
        assert.match(stderr, new RegExp(`^${name}: needs Node 20.19 or newer, and this is ${version} - .*\\n$`));
      }
    });

    test(`${name} runs on every newer one`, async () => {
      for (const version of ['20.19.0', '21.0.0', '100.1.0']) {
        const { code, stdout } = await asNode(version, program);
        assert.is(code, 0, version);
        assert.match(stdout, 'Usage:');
      }
    });

    test(`${name} holds nothing that an old Node cannot read`, () => {
      const code = readFileSync(program, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
      assert.not.match(code, /^\s*(import|export)\b/m, 'an import is resolved before anything runs');
      assert.not.match(code, /\?\.|\?\?|\bawait\b|#\w+|\bnode:/, 'syntax and names that came later');
    });
  }
});
