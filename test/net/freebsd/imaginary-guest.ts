/**
 * A FreeBSD guest made of shell scripts that stand for its programs. `service netif start` reads rc.conf as rc(8) does, by
 * sourcing it, and puts what it finds there where `ifconfig` and `netstat` print it: an interpretation of the files that
 * shares nothing with the code under test.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createNetFacts, createNetPort, lookUpByName, type NetFacts, type NetOfDaemon } from 'hv-kvp/net';
import {
  type ApplyEvent,
  commandRunner,
  createNetChanger,
  freebsdKernel,
  type NetChanger,
  programAsker,
} from '#internal';
import { temporaryFolder } from '../../_support/temporary-folder.js';

export const GUID = '{4b9b9a39-0a6c-4b5c-8d3e-0123456789ab}';
export const MAC = '00:15:5D:01:02:03';
export const RC_CONF = `hostname="guest.example.net"
ifconfig_hn0="DHCP"
ifconfig_hn1="inet 198.51.100.7 netmask 255.255.255.0"
sshd_enable="YES" # as ever
`;

const HEAD = (
  name: string,
  mac: string,
) => `${name}: flags=8843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST> metric 0 mtu 1500
\toptions=8051b<RXCSUM,TXCSUM,VLAN_MTU,VLAN_HWTAGGING,TSO4,LRO,LINKSTATE>
\tether ${mac}
`;
const LOOPBACK = `lo0: flags=8049<UP,LOOPBACK,RUNNING,MULTICAST> metric 0 mtu 16384
\tinet6 ::1 prefixlen 128
\tinet 127.0.0.1 netmask 0xff000000
`;

/** `$state` holds what the kernel has: `hn0` the lines of addresses, `route4` and `route6` the default routes. */
const PROGRAMS: Readonly<Record<string, string>> = {
  ifconfig: `
printf '%s' "$HN0"; cat "$state/hn0"
printf '%s' "$HN1"; printf '\\tinet 198.51.100.7 netmask 0xffffff00 broadcast 198.51.100.255\\n'
printf '%s' "$LO0"`,
  netstat: `
printf 'Routing tables\\n\\nInternet:\\nDestination        Gateway            Flags     Netif Expire\\n'
cat "$state/route4"
printf '\\nInternet6:\\nDestination        Gateway            Flags     Netif Expire\\n'
cat "$state/route6"`,
  route: `
case "$3" in -inet) : > "$state/route4" ;; -inet6) : > "$state/route6" ;; esac`,
  resolvconf: '',
  service: `
hex() { old=$IFS; IFS=.; set -- $1; IFS=$old; printf '0x%02x%02x%02x%02x' "$1" "$2" "$3" "$4"; }
put() {
  set -- $1
  while [ $# -gt 0 ]; do
    case "$1" in
    DHCP|SYNCDHCP) printf '\\tinet 192.0.2.99 netmask 0xffffff00 broadcast 192.0.2.255\\n'
      printf 'default 192.0.2.254 UGS hn0\\n' > "$state/route4"; shift ;;
    inet) printf '\\tinet %s netmask %s\\n' "$2" "$(hex "$4")"; shift 4 ;;
    inet6) if [ "$2" = accept_rtadv ]; then shift 2; else printf '\\tinet6 %s prefixlen %s\\n' "$2" "$4"; shift 4; fi ;;
    *) shift ;;
    esac
  done
}
[ ! -e "$root/etc/rc.conf" ] || . "$root/etc/rc.conf"
case "$1 $2" in
'netif stop') : > "$state/hn0" ;;
'netif start')
  { put "$ifconfig_hn0"; put "$ifconfig_hn0_ipv6"
    n=0
    while eval "alias=\\\${ifconfig_hn0_alias$n-}"; [ -n "$alias" ]; do put "$alias"; n=$((n + 1)); done
  } > "$state/hn0" ;;
'routing restart')
  : > "$state/route4"; : > "$state/route6"
  [ -z "$defaultrouter" ] || printf 'default %s UGS hn0\\n' "$defaultrouter" > "$state/route4"
  [ -z "$ipv6_defaultrouter" ] || printf 'default %s UGS hn0\\n' "$ipv6_defaultrouter" > "$state/route6" ;;
esac`,
};

export class ImaginaryGuest {
  readonly root = temporaryFolder();
  readonly events: ApplyEvent[] = [];
  readonly facts: NetFacts;
  readonly net: NetOfDaemon;
  readonly stateDir = join(this.root, 'var/db/hyperv/pool');
  readonly #state = join(this.root, 'state');
  readonly #bin = join(this.root, 'bin');
  readonly #path = `${this.#bin}:/usr/bin:/bin`;
  readonly #withinMs: number;

  /** `withinMs`: for a change and the way back. The daemon's own deadline of 4 s comes before the default. */
  constructor(withinMs = 20_000) {
    mkdirSync(this.#state);
    for (const [name, text] of Object.entries(PROGRAMS)) this.program(name, text);
    this.write('/etc/rc.d/netif', '');
    this.write('/etc/rc.conf', RC_CONF);
    this.write('/etc/resolv.conf', 'search example.net\nnameserver 192.0.2.254\n');
    writeFileSync(join(this.#state, 'hn0'), '\tinet 192.0.2.99 netmask 0xffffff00 broadcast 192.0.2.255\n');
    writeFileSync(join(this.#state, 'route4'), 'default 192.0.2.254 UGS hn0\n');
    writeFileSync(join(this.#state, 'route6'), '');
    const kernel = freebsdKernel({ ask: programAsker(this.#path) });
    this.facts = createNetFacts({ root: this.root, kernel });
    this.#withinMs = withinMs;
    const { change } = this.changer();
    this.net = createNetPort({ facts: this.facts, change, lookUp: lookUpByName(this.facts) });
  }

  /** Of a daemon; with another state folder, of the next one. */
  changer(stateDir = this.stateDir): NetChanger {
    return createNetChanger({
      facts: this.facts,
      root: this.root,
      stateDir,
      withinMs: this.#withinMs,
      run: commandRunner(this.#path),
      // Nothing of this machine's network is asked.
      probe: async (gateways) => [...gateways],
      onEvent: (event) => this.events.push(event),
    });
  }

  /** Stands for the program of this name from now on. */
  program(name: string, text: string): void {
    const lines = [
      '#!/bin/sh',
      `root='${this.root}' state='${this.#state}'`,
      `HN0='${HEAD('hn0', MAC.toLowerCase())}' HN1='${HEAD('hn1', '00:15:5d:01:02:04')}' LO0='${LOOPBACK}'`,
      `case "$0" in *ifconfig|*netstat) ;; *) echo "\${0##*/} $*" >> "$state/started" ;; esac`,
      text,
    ];
    mkdirSync(this.#bin, { recursive: true });
    writeFileSync(join(this.#bin, name), `${lines.join('\n')}\n`);
    chmodSync(join(this.#bin, name), 0o755);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  text(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  /** What was started to change something, in its order. */
  get started(): string[] {
    const path = join(this.#state, 'started');
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  }

  close(): void {
    this.facts.close();
  }
}
