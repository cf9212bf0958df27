/** Requests of operations 0 to 3 as a driver hands them to a daemon, and what answers hold. */
import { daemonMessage } from './registering-device.js';

const VALUE_BYTES = 2048;

export const get = (pool: number, key: string): Uint8Array => {
  const bytes = Buffer.from(`${key}\0`);
  return daemonMessage(0, pool, [
    [8, bytes.length],
    [12, VALUE_BYTES],
    [16, bytes],
  ]);
};

export function set(pool: number, key: string, value: string): Uint8Array {
  const [keyBytes, valueBytes] = [Buffer.from(`${key}\0`), Buffer.from(`${value}\0`)];
  return daemonMessage(1, pool, [
    [8, keyBytes.length],
    [12, valueBytes.length],
    [16, keyBytes],
    [528, valueBytes],
  ]);
}

export const remove = (pool: number, key: string): Uint8Array => {
  const bytes = Buffer.from(`${key}\0`);
  return daemonMessage(2, pool, [
    [4, bytes.length],
    [8, bytes],
  ]);
};

export const enumerate = (pool: number, index: number): Uint8Array => daemonMessage(3, pool, [[4, index]]);

export const getIp = (mac: string): Uint8Array => daemonMessage(4, 0, [[4, Buffer.from(mac)]]);

export const statusOf = (answer: Uint8Array): number => Buffer.from(answer).readUInt32LE(0);

export function textAt(answer: Uint8Array, offset: number): string {
  const bytes = Buffer.from(answer).subarray(offset);
  return bytes.toString('utf8', 0, bytes.indexOf(0));
}

export const itemOf = (answer: Uint8Array): [string, string] => [textAt(answer, 20), textAt(answer, 532)];

export function ipOf(answer: Uint8Array) {
  return {
    family: answer[260],
    dhcp: answer[261],
    addresses: textAt(answer, 262),
    subnets: textAt(answer, 2310),
    gateways: textAt(answer, 4358),
    dns: textAt(answer, 5382),
  };
}
