import { BACKENDS } from '#internal';
import { keepsEveryConfiguration } from '../../_support/backend-rules.js';
import { suite } from '../../_support/suite.js';

const script = BACKENDS.find(({ name }) => name === 'script')!;

suite('script interface', ({ test }) => {
  test('every configuration is read as it was written', () => {
    keepsEveryConfiguration({ backend: script, starts: [{}] });
  });
});
