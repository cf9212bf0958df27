/** Ports of the daemon, in memory, that a test can make slow or faulty. */
import type { IntrinsicsPort, NetPort, PoolPort, TextBytes } from 'hv-kvp/daemon';

const textOf = (bytes: TextBytes) => Buffer.from(bytes).toString('latin1');
const bytesOf = (text: string) => Buffer.from(text, 'latin1');

export class MemoryPools implements PoolPort {
  readonly records: [key: string, value: string][][] = Array.from({ length: 5 }, () => []);
  /** Awaited before each call. */
  before: () => Promise<void> = () => Promise.resolve();

  async get(pool: number, key: TextBytes): Promise<TextBytes | undefined> {
    await this.before();
    const found = this.records[pool]?.find(([name]) => name === textOf(key));
    return found && bytesOf(found[1]);
  }

  async set(pool: number, key: TextBytes, value: TextBytes): Promise<void> {
    await this.before();
    const found = this.records[pool]?.find(([name]) => name === textOf(key));
    if (found) found[1] = textOf(value);
    else this.records[pool]?.push([textOf(key), textOf(value)]);
  }

  async delete(pool: number, key: TextBytes): Promise<number> {
    await this.before();
    const records = this.records[pool] ?? [];
    const kept = records.filter(([name]) => name !== textOf(key));
    this.records[pool] = kept;
    return records.length - kept.length;
  }

  async at(pool: number, index: number): Promise<{ key: TextBytes; value: TextBytes } | undefined> {
    await this.before();
    const found = this.records[pool]?.[index];
    return found && { key: bytesOf(found[0]), value: bytesOf(found[1]) };
  }
}

export const noNet: NetPort = { ipInfoByMac: async () => undefined, setIpInfo: async () => 0x80004005 };
export const noIntrinsics: IntrinsicsPort = { at: () => undefined };

export interface LogLine {
  level: string;
  message: string;
  fields: Record<string, unknown>;
}

/** A logger that remembers. */
export function recordingLogger() {
  const lines: LogLine[] = [];
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, fields: { ...fields } });
  };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
