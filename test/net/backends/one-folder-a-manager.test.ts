/** A network manager is known in the folder of its backend and nowhere else, so that a new one is one folder and one line. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BACKENDS } from '#internal';
import { assert, suite } from '../../_support/suite.js';

const NET = fileURLToPath(new URL('../../../../src/net', import.meta.url));

/** By folder, what names the manager: itself, its programs and the places of its files. */
const NAMES: Readonly<Record<string, RegExp>> = {
  networkmanager: /network-?manager|\bnmcli\b|nmconnection/i,
  networkd: /networkd|networkctl|systemd\/netif|systemd\/network/i,
  netplan: /netplan/i,
  ifcfg: /ifcfg|sysconfig/i,
  wicked: /wicked|netconfig|sysconfig\/network\b(?!-)/i,
  ifupdown: /ifupdown|\bif(?:up|down|query)\b|etc\/network\//i,
  rcconf: /\brc\.?conf\b|\/rc\.d\//i,
  script: /hv_set_ifconfig|hypervkvpd/i,
  iproute2: /iproute2/i,
};

/** Managers that know one another: a renderer, a plugin for another's files, files that another makes. */
const KNOWS: Readonly<Record<string, readonly string[]>> = {
  netplan: ['networkmanager', 'networkd'],
  networkd: ['netplan'],
  networkmanager: ['ifcfg'],
  // Red Hat's network scripts have an ifup and an ifdown, too.
  ifcfg: ['networkmanager', 'ifupdown'],
  // Its files have the names of Red Hat's, and its programs those of the scripts before it.
  wicked: ['ifcfg', 'ifupdown'],
  // The files that it hands on have the names of others' formats.
  script: ['ifcfg', 'networkmanager'],
  // It refuses what another one's client would undo, and tells of files that it does not edit.
  iproute2: ['ifcfg', 'networkd', 'networkmanager', 'wicked'],
};

const files = readdirSync(NET, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));

const folderOf = (path: string): string => /^backends\/([^/]+)\//.exec(path)?.[1] ?? '';

/** Without comments, which may explain, and the addresses of imports in index.ts. */
const codeOf = (path: string): string =>
  readFileSync(join(NET, path), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '$1');

suite('one folder a network manager', ({ test }) => {
  test('every backend has a folder, and every folder of a manager a backend', () => {
    const folders = new Set(files.map(folderOf).filter((name) => name !== '' && name !== 'formats'));
    assert.equal([...folders].sort(), Object.keys(NAMES).sort());
    assert.is(BACKENDS.length, folders.size);
  });

  test('nothing outside its folder names a manager', () => {
    const named = files
      .filter((path) => path !== 'backends/index.ts')
      .flatMap((path) => {
        const folder = folderOf(path);
        const code = codeOf(path);
        return Object.entries(NAMES)
          .filter(([manager]) => manager !== folder && !KNOWS[folder]?.includes(manager))
          .flatMap(([manager, names]) => (names.test(code) ? `${relative('.', path)} names ${manager}` : []));
      });
    assert.equal(named, []);
  });

  test('a manager that knows another one is said to, and only while it does', () => {
    for (const [folder, known] of Object.entries(KNOWS))
      for (const manager of known) {
        const own = files.filter((path) => folderOf(path) === folder);
        assert.ok(
          own.some((path) => NAMES[manager]!.test(codeOf(path))),
          `${folder} knows ${manager} no more`,
        );
      }
  });
});
