import type { Command } from 'commander';
import { KEY_BYTES, RECORD_BYTES, RECORD_VALUE } from '../../wire/kvp.js';
import { printable, printJson, printLine } from '../output.js';
import { type PoolDirectoryOptions, poolCommand, withPool } from './pool-options.js';

interface Options extends PoolDirectoryOptions {
  json?: true;
}

const LINE_BYTES = 16;

/** `hv-kvp dump POOL`: every record as it stands in the file, hex and text; runs of zeros are left out. */
export function dumpCommand(): Command {
  return poolCommand('dump', 'print every record in hex and decoded, stale bytes included')
    .option('--json', 'one JSON object')
    .action(async (poolName: string, options: Options) => {
      const { pool, path, bytes } = await withPool(poolName, options, 'read', async (pool) => ({
        pool: pool.name,
        path: pool.path,
        bytes: await pool.bytes(),
      }));
      const records = Array.from({ length: Math.ceil(bytes.length / RECORD_BYTES) }, (_, index) =>
        record(bytes.subarray(index * RECORD_BYTES, (index + 1) * RECORD_BYTES), index),
      );
      if (options.json) {
        printJson({ pool, path, bytes: bytes.length, records: records.map(({ hex: _lines, ...rest }) => rest) });
        return;
      }
      for (const { index, offset, size, key, value, hex } of records) {
        const partial = size < RECORD_BYTES ? `, partial: ${size} of ${RECORD_BYTES} bytes` : '';
        printLine(`record ${index} at ${offset}${partial}: ${printable(key)} = ${printable(value)}`);
        for (const line of hex) printLine(line);
      }
    });
}

function record(bytes: Uint8Array, index: number) {
  const offset = index * RECORD_BYTES;
  const field = (part: Uint8Array) => Buffer.from(part.subarray(0, part.includes(0) ? part.indexOf(0) : part.length));
  const [key, value] = [field(bytes.subarray(0, KEY_BYTES)), field(bytes.subarray(RECORD_VALUE))];
  return {
    index,
    offset,
    size: bytes.length,
    key: key.toString('utf8'),
    value: value.toString('utf8'),
    keyHex: withoutZeros(bytes.subarray(0, KEY_BYTES)),
    valueHex: withoutZeros(bytes.subarray(RECORD_VALUE)),
    hex: hexLines(bytes),
  };
}

/** Hex up to the last byte that is not zero. */
const withoutZeros = (bytes: Uint8Array) =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/(00)+$/, '');

function hexLines(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += LINE_BYTES) {
    const line = Buffer.from(bytes.subarray(at, at + LINE_BYTES));
    if (line.every((byte) => byte === 0)) continue;
    const hex = line
      .toString('hex')
      .replace(/../g, '$& ')
      .padEnd(LINE_BYTES * 3);
    const text = line.toString('latin1').replace(/[^\x20-\x7e]/g, '.');
    lines.push(`  ${at.toString(16).padStart(4, '0')}  ${hex} ${text}`);
  }
  return lines;
}
