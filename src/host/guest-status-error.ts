import { statusNames } from '../codec/index.js';
import { KvpError } from '../errors.js';

/** The guest answered a request with a negative status. `code` is ERR_HOST_STATUS. */
export class GuestStatusError extends KvpError {
  override readonly name = 'GuestStatusError';
  /** The IC status word, unsigned; see `Status` of hv-kvp/codec. */
  readonly status: number;

  constructor(status: number, what: string) {
    const hex = `0x${status.toString(16).padStart(8, '0')}`;
    const name = statusNames.of(status);
    super('ERR_HOST_STATUS', { detail: name === hex ? `${what}: ${hex}` : `${what}: ${hex} (${name})` });
    this.status = status;
  }
}
