/**
 * A file system in memory that can die: at any call, in the middle of any write, or by a loss of power that keeps an
 * arbitrary part of what was not flushed.
 */
import { constants } from 'node:fs';
import type { FileFacts, PoolFiles } from '#internal';

const SECTOR = 512;

interface Inode {
  number: bigint;
  bytes: Uint8Array;
  /** What a loss of power leaves for certain. */
  flushed: Uint8Array;
  /** Its name is on the disk. */
  named: boolean;
  modifiedNs: bigint;
  changedNs: bigint;
}

/** Thrown by the call at which the process "dies", and by every call after it. */
export class Died extends Error {}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

export class MemoryDisk implements PoolFiles {
  readonly inodes = new Map<string, Inode>();
  readonly #open = new Map<number, Inode>();
  #nextFd = 3;
  #boot = 1;
  #nextInode = 100n;
  /** Advanced by every change, so that no test depends on the real clock. */
  #clockNs = BigInt(Date.UTC(2026, 0, 1)) * 1_000_000n;
  #callsLeft = Number.POSITIVE_INFINITY;
  #cut = 0;
  /** Calls made since {@link arm}. */
  calls = 0;
  /** Bytes that the disk still takes before ENOSPC. */
  space = Number.POSITIVE_INFINITY;
  /** Somebody else acts before this call. */
  interfere: (call: number) => void = () => {};
  /** Where each write since {@link arm} was made, by call number. */
  writes = new Map<number, { position: number; length: number }>();

  /** The process dies at call `calls` (counted from 0); when that is a write, after `cut` of its bytes. */
  arm(calls = Number.POSITIVE_INFINITY, cut = 0): void {
    this.#callsLeft = calls;
    this.#cut = cut;
    this.calls = 0;
    this.writes.clear();
  }

  /** A new process: open files are gone, the disk is as it was left. */
  restart(): void {
    this.#open.clear();
    this.arm();
  }

  /** Keeps of every unflushed sector what `keep` decides. */
  losePower(keep: () => boolean): void {
    for (const [path, inode] of this.inodes) {
      if (!inode.named) {
        this.inodes.delete(path);
        continue;
      }
      const size = inode.bytes.length === inode.flushed.length || keep() ? inode.bytes.length : inode.flushed.length;
      const left = new Uint8Array(size);
      for (let at = 0; at < size; at += SECTOR) {
        // A file that did not become shorter after all has its old bytes there.
        const source = at < inode.bytes.length && keep() ? inode.bytes : inode.flushed;
        left.set(source.subarray(at, Math.min(at + SECTOR, size)), at);
      }
      inode.bytes = left;
      inode.flushed = left.slice();
    }
    this.#boot++;
    this.restart();
  }

  /** The clock that dates this disk's files. */
  readonly wallClock = (): number => Number(this.#clockNs / 1_000_000n);

  /** The file as another program sees and changes it. */
  contents(path: string): Uint8Array {
    return this.inodes.get(path)?.bytes ?? new Uint8Array();
  }

  /** Another program does that, `laterNs` after the last change. */
  overwrite(path: string, bytes: Uint8Array, laterNs = 10_000_000_000n): void {
    const inode = this.inodes.get(path) ?? this.#create(path);
    inode.bytes = bytes.slice();
    inode.flushed = bytes.slice();
    inode.named = true;
    this.#touch(inode, laterNs);
  }

  open(path: string, flags: number): number {
    this.#call();
    let inode = this.inodes.get(path);
    if (inode === undefined) {
      if ((flags & constants.O_CREAT) === 0) throw systemError('ENOENT');
      inode = this.#create(path);
    }
    this.#open.set(this.#nextFd, inode);
    return this.#nextFd++;
  }

  close(fd: number): void {
    this.#call();
    this.#open.delete(fd);
  }

  facts(fd: number): FileFacts {
    this.#call();
    return this.#facts(this.#inode(fd));
  }

  factsOf(path: string): FileFacts | undefined {
    this.#call();
    const inode = this.inodes.get(path);
    return inode === undefined ? undefined : this.#facts(inode);
  }

  read(fd: number, into: Uint8Array, position: number): number {
    this.#call();
    const part = this.#inode(fd).bytes.subarray(position, position + into.length);
    into.set(part);
    return part.length;
  }

  write(fd: number, bytes: Uint8Array, position: number): void {
    this.writes.set(this.calls, { position, length: bytes.length });
    const inode = this.#inode(fd);
    if (this.calls === this.#callsLeft) this.#store(inode, bytes.subarray(0, this.#cut), position);
    this.#call();
    const growth = Math.max(0, position + bytes.length - inode.bytes.length);
    if (growth > this.space) {
      this.#store(inode, bytes.subarray(0, bytes.length - growth + this.space), position);
      this.space = 0;
      throw systemError('ENOSPC');
    }
    this.space -= growth;
    this.#store(inode, bytes, position);
  }

  truncate(fd: number, size: number): void {
    this.#call();
    const inode = this.#inode(fd);
    const bytes = new Uint8Array(size);
    bytes.set(inode.bytes.subarray(0, size));
    inode.bytes = bytes;
    this.#touch(inode);
  }

  setModified(fd: number, seconds: number): void {
    this.#call();
    const inode = this.#inode(fd);
    this.#touch(inode);
    inode.modifiedNs = BigInt(Math.round(seconds * 1e6)) * 1000n;
  }

  async sync(fd: number): Promise<void> {
    this.#call();
    const inode = this.#inode(fd);
    inode.flushed = inode.bytes.slice();
  }

  async syncDirectory(): Promise<void> {
    this.#call();
    for (const inode of this.inodes.values()) inode.named = true;
  }

  makeDirectory(): void {
    this.#call();
  }

  setMode(): void {
    this.#call();
  }

  setOwner(): void {
    this.#call();
  }

  openDirectory(path: string): { base: string; close(): void } {
    this.#call();
    return { base: path, close: () => this.#call() };
  }

  bootId(): string {
    return this.#boot.toString(16).padStart(32, '0');
  }

  #call(): void {
    this.interfere(this.calls);
    if (this.calls++ >= this.#callsLeft) throw new Died('the process is dead');
  }

  #create(path: string): Inode {
    const empty = new Uint8Array();
    const inode = {
      number: this.#nextInode++,
      bytes: empty,
      flushed: empty,
      named: false,
      modifiedNs: 0n,
      changedNs: 0n,
    };
    this.#touch(inode);
    this.inodes.set(path, inode);
    return inode;
  }

  #inode(fd: number): Inode {
    const inode = this.#open.get(fd);
    if (inode === undefined) throw systemError('EBADF');
    return inode;
  }

  #store(inode: Inode, bytes: Uint8Array, position: number): void {
    if (bytes.length === 0) return;
    const grown = new Uint8Array(Math.max(inode.bytes.length, position + bytes.length));
    grown.set(inode.bytes);
    grown.set(bytes, position);
    inode.bytes = grown;
    this.#touch(inode);
  }

  #touch(inode: Inode, laterNs = 1000n): void {
    this.#clockNs += laterNs;
    inode.modifiedNs = this.#clockNs;
    inode.changedNs = this.#clockNs;
  }

  #facts(inode: Inode): FileFacts {
    const { number, bytes, modifiedNs, changedNs } = inode;
    const rights = { owner: 0n, group: 0n, mode: 0o644, links: 1 };
    return { kind: 'file', device: 1n, inode: number, ...rights, size: bytes.length, modifiedNs, changedNs };
  }
}
