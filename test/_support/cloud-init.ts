/** Debian's cloud-init, as a program that writes to pool 1. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { PEERS } from './private-machine.js';

/** cloud-init's own handler, with its own threads and locks; it prints every record that it has appended. */
const PUBLISH = `
import json, sys, time
from cloudinit.reporting.events import ReportingEvent
from cloudinit.reporting.handlers import HyperVKvpReportingHandler
appended = []
append = HyperVKvpReportingHandler._append_kvp_item
def remember(self, record_data):
    append(self, record_data)
    records = record_data if isinstance(record_data, list) else [record_data]
    appended.extend(bytes(record).hex() for record in records)
HyperVKvpReportingHandler._append_kvp_item = remember
handler = HyperVKvpReportingHandler(kvp_file_path=sys.argv[1])
print('ready', flush=True)
for number in range(int(sys.argv[2])):
    name = 'n' * 600 if number % 50 == 7 else 'step-%d' % number
    text = 'long "quoted" text ' * 200 if number % 20 == 3 else 'short'
    handler.publish_event(ReportingEvent('start', name, text))
    # So that others read and write in between.
    time.sleep(0.001)
handler.flush()
read = [[item['key'], item['value']] for item in handler._iterate_kvps(0)] if len(sys.argv) > 3 else []
print(json.dumps({'appended': appended, 'read': read}), flush=True)
`;

/** Publishes so many events to the pool file at `path`; with anything more it also reads the file. */
export function cloudInit(path: string, events: number, ...more: string[]) {
  return spawn('/usr/bin/python3', ['-c', PUBLISH, path, `${events}`, ...more], {
    env: { ...process.env, PYTHONPATH: join(PEERS, 'usr/lib/python3/dist-packages') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** The text of a field of a record. */
export const fieldText = (hex: string, from: number, to: number): string => {
  const bytes = Buffer.from(hex, 'hex').subarray(from, to);
  return bytes.subarray(0, bytes.includes(0) ? bytes.indexOf(0) : bytes.length).toString();
};

/** What it said at its end: every record it appended, as hex, and what it read. */
export const publishedBy = (stdout: string): { appended: string[]; read: [string, string][] } =>
  JSON.parse(stdout.slice(stdout.indexOf('{')));
