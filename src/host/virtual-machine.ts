import { requireBytes, requireChoice, requireFunction, requireObject, requireUnsigned } from '../arguments.js';
import type { ChannelEnd } from '../channel/end.js';
import type { Clock } from '../clock.js';
import type { IpInfo } from '../codec/index.js';
import { KvpError, MisuseError } from '../errors.js';
import { POOL_AUTO, POOL_EXTERNAL, POOL_GUEST } from '../wire/kvp.js';
import { normalizeGuid, normalizeMac, type VirtualAdapter, virtualAdapter } from './adapters.js';
import { describeHost, type HostDescription } from './description.js';
import type { HostEvent } from './events.js';
import { type Fault, MAX_RAW_BYTES, type Sender } from './faults.js';
import { Guest, type Item } from './guest.js';
import { type IpConfiguration, ipBlock } from './ip-configuration.js';
import { type Change, ItemChanges } from './item-changes.js';
import { checkKey, type ItemValue } from './item-limits.js';
import { type HostItem, HostItems } from './items.js';
import { HostLink, type Pending } from './link.js';
import { Listeners } from './listeners.js';
import type { MachineState } from './machine.js';
import { checkOptions, GET_BY, type GetBy, requireChannel, type VirtualMachineOptions } from './options.js';
import type { PersistentState } from './persistent-state.js';
import { DuePushes } from './push.js';
import { Readiness } from './readiness.js';
import { type Observed, Refresher } from './refresh.js';
import { systemClock } from './run.js';
import { Serial } from './serial.js';
import { type Agreed, offerUpTo } from './versions.js';

/** By adapter GUID. */
type Failover = ReadonlyMap<string, IpConfiguration>;

/**
 * A virtual machine as its administrator sees it: the host's items, the guest's items, the network configuration, and
 * the life of the machine. Operations that need the guest reject with ERR_HOST_STATE while it has not negotiated,
 * ERR_HOST_TIMEOUT when it does not answer, ERR_HOST_INTERRUPTED when a new negotiation cuts in, GuestStatusError
 * (ERR_HOST_STATUS) when it answers with a negative status and ERR_HOST_CHANNEL_FAILED once it broke the protocol;
 * the last holds until `connect`.
 *
 * @example
 * const { host, guest } = createLocalChannel();
 * const vm = new VirtualMachine({ channel: host, adapters: [virtualAdapter('00:15:5D:01:02:03')] });
 * vm.boot();
 * await vm.ready();
 * await vm.add('city', 'Zürich');
 * console.log(await vm.guestItems());
 */
export class VirtualMachine {
  readonly adapters: readonly VirtualAdapter[];
  readonly #options: VirtualMachineOptions;
  readonly #clock: Clock;
  readonly #link: HostLink;
  /** Requests of an administrator. */
  readonly #guest: Guest;
  readonly #refresher: Refresher;
  readonly #items = new HostItems();
  /** Replaced, never changed. */
  #failover: Failover = new Map();
  readonly #events = new Listeners<HostEvent>();
  readonly #itemChanges: ItemChanges;
  readonly #due: DuePushes;
  #channel: ChannelEnd;
  readonly #readiness = new Readiness();
  /** Changes and pushes run one after another, so that "must exist" and "is sent" cannot drift apart. */
  readonly #changes = new Serial();

  constructor(options: VirtualMachineOptions) {
    checkOptions(options);
    this.#options = options;
    this.#channel = options.channel;
    const { name = 'hv-kvp', id = '7a0c3f6e-52d1-4b8e-9a40-1f2e3d4c5b6a', host = 'host.example' } = options;
    this.adapters = (options.adapters ?? []).map(({ mac, guid }) => virtualAdapter(mac, guid));
    for (const { key, value } of options.state?.items ?? []) this.#items.set(key, value, false);
    this.#failover = new Map((options.state?.failover ?? []).map(({ guid, configuration }) => [guid, configuration]));
    const clock = options.clock ?? systemClock;
    this.#clock = clock;
    this.#link = new HostLink({
      offer: offerUpTo(options.kvpVersion ?? '4.0'),
      timeoutMs: options.requestTimeoutMs ?? 60_000,
      strict: options.strict ?? false,
      clock,
      onEvent: (event) => this.#onLinkEvent(event),
      ...(options.tap === undefined ? {} : { tap: options.tap }),
    });
    const asking = (sender: Sender) =>
      new Guest({ request: (message) => this.#link.request(message, sender) }, options.maxEnumeration ?? 16_384);
    this.#guest = asking('administrator');
    const own = asking('host');
    const description = { ...describeHost({ name, id, host }), ...options.description };
    this.#itemChanges = new ItemChanges({
      guest: this.#guest,
      items: this.#items,
      listens: () => this.#listens(),
      persist: (items) => this.#persist(items, this.#failover),
      removeMissing: options.removeMissing ?? 'error',
    });
    this.#due = new DuePushes(own, this.#items, () => this.#failover, description);
    this.#refresher = new Refresher({
      guest: own,
      clock,
      adapters: () => this.adapters,
      intervalMs: options.refreshIntervalMs ?? 5_000,
      onEnd: (error) => this.#events.emit(error === undefined ? { kind: 'refreshed' } : { kind: 'refreshed', error }),
    });
  }

  get state(): MachineState['name'] {
    return this.#link.state.name;
  }

  /** The versions in use; undefined while there are none. */
  get agreed(): Agreed | undefined {
    const { state } = this.#link;
    return 'agreed' in state ? state.agreed : undefined;
  }

  /** Why the state is `failed`. */
  get failure(): KvpError | undefined {
    return this.#link.state.name === 'failed' ? this.#link.state.reason : undefined;
  }

  /** What the guest has been asked and has not answered yet. */
  get pending(): Pending {
    return this.#link.pending;
  }

  /** Milliseconds since the guest last answered anything; undefined before the first answer. */
  get msSinceAnswer(): number | undefined {
    const { answeredAt } = this.#link;
    return answeredAt === undefined ? undefined : this.#clock.now() - answeredAt;
  }

  /** Milliseconds since the last whole refresh; undefined before the first. */
  get msSinceRefresh(): number | undefined {
    const { at } = this.observed;
    return at === undefined ? undefined : this.#clock.now() - at;
  }

  /** What the last refresh saw. */
  get observed(): Observed {
    return this.#refresher.observed;
  }

  onEvent(listener: (event: HostEvent) => void): () => void {
    requireFunction('listener', listener);
    return this.#events.add(listener);
  }

  // ── life of the machine ──

  /** Starts the machine, or starts it again: the guest is offered the description and every item once more. */
  boot(): void {
    this.#due.atBoot();
    if (this.state === 'closed' || this.state === 'failed') this.#link.open(this.#channel);
    else this.#link.renegotiate();
  }

  /** Save and restore: nothing is pushed again, but the guest must negotiate anew. */
  saveRestore(): void {
    this.#link.renegotiate();
  }

  /** Live migration: the guest negotiates anew and is told its new host. */
  migrate(changes: Partial<HostDescription>): void {
    requireObject('changes', changes);
    this.#due.describe(changes);
    this.#link.renegotiate();
  }

  /** A failover of Hyper-V Replica: a boot whose first request sets the stored network settings. */
  failover(): void {
    this.#due.atFailover();
    this.boot();
  }

  /** A channel reopened by the guest. Also the way out of `failed`. */
  connect(channel: ChannelEnd): void {
    requireChannel(channel);
    this.#channel = channel;
    this.#due.atBoot();
    this.#link.open(channel);
  }

  /** Turns the machine off. Requests that wait are rejected; the channel itself belongs to its owner. */
  stop(): void {
    this.#refresher.stop();
    this.#link.close();
  }

  /** Resolves once the guest has negotiated and everything due was offered to it; rejects when the channel fails or closes. */
  ready(): Promise<void> {
    return this.#readiness.wait();
  }

  // ── items of the host (pool external) ──

  /** WMI AddKvpItems. Rejects with ERR_HOST_EXISTS, ERR_HOST_TOO_MANY (128) or the limits of a key and a value. */
  add(key: string, value: ItemValue): Promise<Change> {
    return this.#changes.run(() => this.#itemChanges.add(key, value));
  }

  /** WMI ModifyKvpItems. Rejects with ERR_HOST_NOT_FOUND for a key that was not added. */
  modify(key: string, value: ItemValue): Promise<Change> {
    return this.#changes.run(() => this.#itemChanges.modify(key, value));
  }

  /** WMI RemoveKvpItems. A missing key rejects with ERR_HOST_NOT_FOUND unless the option `removeMissing` is `ok`. */
  remove(key: string): Promise<Change> {
    return this.#changes.run(() => this.#itemChanges.remove(key));
  }

  /** The host's own list: what was added, and whether this boot's guest has acknowledged it. */
  list(): HostItem[] {
    return this.#items.list();
  }

  /** Asks the guest for one item, of pool external by default. undefined when the guest has none. */
  async get(key: string, how: { pool?: number; by?: GetBy } = {}): Promise<ItemValue | undefined> {
    requireObject('how', how);
    const { pool = POOL_EXTERNAL, by = this.#options.getBy ?? 'get' } = how;
    checkKey(key);
    requireUnsigned('pool', pool, 8);
    requireChoice('by', by, GET_BY);
    if (by === 'get') return this.#guest.get(pool, key);
    return (await this.#guest.enumerate(pool)).find((item) => item.key === key)?.value;
  }

  // ── what the guest says ──

  /** WMI GuestExchangeItems: pool guest, asked now. */
  guestItems(): Promise<Item[]> {
    return this.#guest.enumerate(POOL_GUEST);
  }

  /** WMI GuestIntrinsicExchangeItems: pool auto, asked now. */
  intrinsics(): Promise<Item[]> {
    return this.#guest.enumerate(POOL_AUTO);
  }

  async enumerate(pool: number): Promise<Item[]> {
    requireUnsigned('pool', pool, 8);
    return this.#guest.enumerate(pool);
  }

  /** Guest items, intrinsics and IP of every adapter, now; joins a refresh under way. */
  refresh(): Promise<Observed> {
    return this.#refresher.now();
  }

  /** WMI Msvm_GuestNetworkAdapterConfiguration of the adapter with this MAC. */
  async getIp(mac: string): Promise<IpInfo> {
    return this.#guest.getIp(normalizeMac(mac));
  }

  /** WMI SetGuestNetworkAdapterConfiguration of the adapter with this GUID. */
  async setIp(guid: string, configuration: IpConfiguration): Promise<void> {
    return this.#guest.setIp(ipBlock(guid, configuration));
  }

  /** WMI SetFailoverNetworkAdapterSettings: stored now, applied by `failover`; undefined forgets them. */
  setFailover(guid: string, configuration: IpConfiguration | undefined): Promise<void> {
    return this.#changes.run(async () => {
      const id = normalizeGuid(guid);
      const settings = new Map(this.#failover);
      if (configuration === undefined) settings.delete(id);
      else {
        ipBlock(id, configuration);
        settings.set(id, configuration);
      }
      await this.#persist(this.#items.list(), settings);
      this.#failover = settings;
    });
  }

  failoverSettings(): PersistentState['failover'] {
    return settingsOf(this.#failover);
  }

  // ── faults ──

  /** Arms a fault for the next request that it is for. Throws MisuseError for one that makes no sense. */
  fault(fault: Fault): void {
    this.#link.faults.arm(fault);
  }

  clearFaults(): void {
    this.#link.faults.clear();
  }

  get faults(): readonly Fault[] {
    return this.#link.faults.armed;
  }

  /** Sends any bytes, at most {@link MAX_RAW_BYTES}, as a payload and resolves with the guest's next packet. */
  async sendRaw(payload: Uint8Array): Promise<Uint8Array> {
    requireBytes('payload', payload);
    if (payload.length > MAX_RAW_BYTES) throw new MisuseError(`a payload has at most ${MAX_RAW_BYTES} bytes`);
    return this.#link.requestRaw(payload);
  }

  // ── within ──

  #listens(): boolean {
    return this.state === 'ready' || this.state === 'busy';
  }

  async #persist(items: readonly HostItem[], failover: Failover): Promise<void> {
    const plain = items.map(({ key, value }) => ({ key, value }));
    await this.#options.persist?.({ items: plain, failover: settingsOf(failover) });
  }

  #onLinkEvent(event: HostEvent): void {
    this.#events.emit(event);
    if (event.kind === 'negotiated') void this.#changes.run(() => this.#pushDue());
    if (event.kind !== 'state' || this.#listens()) return;
    this.#readiness.lose();
    this.#refresher.stop();
    if (event.state === 'negotiating') return;
    const detail = this.failure?.message ?? 'it was turned off';
    const error = new KvpError(this.failure === undefined ? 'ERR_HOST_STATE' : 'ERR_HOST_CHANNEL_FAILED', { detail });
    this.#readiness.giveUp(error);
  }

  /** Then the schedule starts. */
  async #pushDue(): Promise<void> {
    try {
      this.#events.emit({ kind: 'pushed', ...(await this.#due.push()) });
    } catch (error) {
      // The channel went away meanwhile: what is still due waits for the next negotiation.
      if (error instanceof KvpError) return;
      throw error;
    }
    if (!this.#listens()) return;
    this.#readiness.reach();
    this.#refresher.start();
  }
}

const settingsOf = (failover: Failover): PersistentState['failover'] =>
  Array.from(failover, ([guid, configuration]) => ({ guid, configuration }));
