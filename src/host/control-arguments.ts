/** Arguments of a control command: taken by name and kind, and nothing else may be there. */
import { KvpError } from '../errors.js';
import { type IpConfiguration, ipBlock } from './ip-configuration.js';
import type { ItemValue } from './item-limits.js';
import { fromJsonValue } from './json-value.js';
import { configurationFrom } from './persistent-state.js';

export class ControlArguments {
  readonly #given: Record<string, unknown>;
  readonly #taken = new Set<string>(['id', 'command']);

  constructor(given: Record<string, unknown>) {
    this.#given = given;
  }

  text(name: string): string {
    const value = this.#take(name);
    if (typeof value !== 'string') throw wrong(`${name} is text`);
    return value;
  }

  integer(name: string, least: number, most: number, otherwise?: number): number {
    const value = this.#take(name) ?? otherwise;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
      throw wrong(`${name} is a whole number from ${least} to ${most}`);
    }
    return value;
  }

  choice<T extends string>(name: string, choices: readonly T[], otherwise?: T): T {
    const value = this.#take(name) ?? otherwise;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw wrong(`${name} is one of ${choices.filter((choice) => choice !== '').join(', ')}`);
    return found;
  }

  value(name: string): ItemValue {
    try {
      return fromJsonValue(this.#take(name));
    } catch (error) {
      throw wrong((error as Error).message);
    }
  }

  /** Bytes as hexadecimal digits. */
  hex(name: string, most: number): Uint8Array {
    const text = this.text(name);
    if (!/^([0-9a-f]{2})*$/i.test(text) || text.length > 2 * most)
      throw wrong(`${name} is at most ${most} bytes of hex`);
    return Uint8Array.from({ length: text.length / 2 }, (_, index) =>
      Number.parseInt(text.slice(2 * index, 2 * index + 2), 16),
    );
  }

  configuration(name: string, guid: string): IpConfiguration {
    const value = this.#take(name);
    try {
      const configuration = configurationFrom(guid, value);
      ipBlock(guid, configuration);
      return configuration;
    } catch (error) {
      throw error instanceof TypeError ? wrong(error.message) : error;
    }
  }

  /** Call it last: what nobody took is a mistake of the sender, not to be passed over in silence. */
  end(): void {
    const rest = Object.keys(this.#given).find((name) => !this.#taken.has(name));
    if (rest !== undefined) throw wrong(`there is no argument ${JSON.stringify(rest)}`);
  }

  #take(name: string): unknown {
    this.#taken.add(name);
    return Object.hasOwn(this.#given, name) ? this.#given[name] : undefined;
  }
}

const wrong = (detail: string): KvpError => new KvpError('ERR_HOST_COMMAND', { detail });
