/** The unused part of an address range, as blocks in the order of their addresses. Neighbours are always one block. */

interface Block {
  address: number;
  bytes: number;
}

export class FreeBlocks {
  readonly #blocks: Block[];

  constructor(address: number, bytes: number) {
    this.#blocks = [{ address, bytes }];
  }

  /** Bytes of the largest block: the most that `take` can give. */
  get largest(): number {
    return this.#blocks.reduce((most, { bytes }) => Math.max(most, bytes), 0);
  }

  /** Address of `bytes` bytes, from the first block that holds them; undefined when none does. */
  take(bytes: number): number | undefined {
    const index = this.#blocks.findIndex((block) => block.bytes >= bytes);
    const block = this.#blocks[index];
    if (block === undefined) return undefined;
    const { address } = block;
    block.address += bytes;
    this.#shorten(index, bytes);
    return address;
  }

  /** The same from the other end: the last bytes of the last block that holds them. */
  takeLast(bytes: number): number | undefined {
    const index = this.#blocks.findLastIndex((block) => block.bytes >= bytes);
    const block = this.#blocks[index];
    if (block === undefined) return undefined;
    const address = block.address + block.bytes - bytes;
    this.#shorten(index, bytes);
    return address;
  }

  #shorten(index: number, bytes: number): void {
    const block = this.#blocks[index]!;
    block.bytes -= bytes;
    if (block.bytes === 0) this.#blocks.splice(index, 1);
  }

  /** Gives bytes back that `take` gave. */
  give(address: number, bytes: number): void {
    const found = this.#blocks.findIndex((block) => block.address > address);
    const index = found < 0 ? this.#blocks.length : found;
    const [before, after] = [this.#blocks[index - 1], this.#blocks[index]];
    const joinsBefore = before !== undefined && before.address + before.bytes === address;
    const joinsAfter = after !== undefined && address + bytes === after.address;
    if (joinsBefore) {
      before.bytes += bytes + (joinsAfter ? after.bytes : 0);
      if (joinsAfter) this.#blocks.splice(index, 1);
    } else if (joinsAfter) {
      after.address = address;
      after.bytes += bytes;
    } else this.#blocks.splice(index, 0, { address, bytes });
  }
}
