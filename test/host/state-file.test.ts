/** A state file that cannot be used is named, and left as it is. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KvpError } from 'hv-kvp';
import { openStateFile, stateToText } from 'hv-kvp/host';
import { assert, suite } from '../_support/suite.js';

const TEXT = stateToText({ items: [{ key: 'city', value: 'Zürich' }], failover: [] });

/** What a state file can be, and what is said of it. */
const DAMAGED: Record<string, { bytes: Uint8Array; says: RegExp }> = {
  'is empty': { bytes: new Uint8Array(0), says: /move the file away/ },
  'is no JSON': { bytes: Buffer.from('junk\n'), says: /move the file away/ },
  'is of another format': { bytes: Buffer.from('{"format":99}'), says: /not a state of format 1/ },
  'is not UTF-8': { bytes: Buffer.from(TEXT, 'latin1'), says: /not UTF-8 - move the file away/ },
};

async function refusal(path: string): Promise<KvpError> {
  try {
    await openStateFile(path);
  } catch (error) {
    assert.instance(error, KvpError);
    assert.is((error as KvpError).code, 'ERR_HOST_STATE_FILE');
    return error as KvpError;
  }
  throw new Error('it was read');
}

suite('host: a state file', ({ test }) => {
  for (const [what, { bytes, says }] of Object.entries(DAMAGED)) {
    test(`that ${what} is refused by name and stays as it is`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'hv-kvp-state-'));
      try {
        const path = join(folder, 'vm.json');
        writeFileSync(path, bytes, { mode: 0o600 });
        const { message } = await refusal(path);
        assert.ok(message.includes(path), message);
        assert.match(message, says);
        assert.is(message.split('the state file cannot be used').length, 2, message);
        assert.equal([...readFileSync(path)], [...bytes]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }

  test('that is a link is called a link, by the name that was given', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hv-kvp-state-'));
    try {
      const path = join(folder, 'vm.json');
      symlinkSync(join(folder, 'elsewhere'), path);
      const { message } = await refusal(path);
      assert.match(message, `${path}: it is a link`);
      assert.not.match(message, '/proc/');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
