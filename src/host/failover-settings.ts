/** The network settings that a failover applies, by adapter (WMI: SetFailoverNetworkAdapterSettings). */
import { normalizeGuid } from './adapters.js';
import { type IpConfiguration, ipBlock } from './ip-configuration.js';
import type { PersistentState } from './persistent-state.js';

type Settings = PersistentState['failover'];

export class FailoverSettings {
  #byGuid: ReadonlyMap<string, IpConfiguration>;

  constructor(settings: Settings = []) {
    this.#byGuid = new Map(settings.map(({ guid, configuration }) => [normalizeGuid(guid), configuration]));
  }

  list(): Settings {
    return Array.from(this.#byGuid, ([guid, configuration]) => ({ guid, configuration }));
  }

  /** What the settings would be with this one, or without it; throws for a configuration that no guest can be sent. */
  with(guid: string, configuration: IpConfiguration | undefined): FailoverSettings {
    const changed = new Map(this.#byGuid);
    if (configuration === undefined) changed.delete(normalizeGuid(guid));
    else changed.set(ipBlock(guid, configuration).adapterId, configuration);
    const settings = new FailoverSettings();
    settings.#byGuid = changed;
    return settings;
  }
}
