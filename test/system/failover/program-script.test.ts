/** The stock script interface: the daemon's program with a site's own hv_set_ifconfig, under the driver that waits 5 s. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FAIL } from '../../_support/harmed-guest.js';
import { assert, suite } from '../../_support/suite.js';
import { kernelState } from './guest-state.js';
import { writeFile } from './guest-system.js';
import { succeeds } from './network.js';
import { plugInPlainly } from './plain-machine.js';
import { insidePrivateRoot } from './private-root.js';
import { assertWorks, JOURNAL, logged, NEW, OLD, STATE_DIR, startProgramGuest } from './program-guest.js';
import { SECOND } from './story.js';

const SCRIPT = '/usr/libexec/hypervkvpd/hv_set_ifconfig';
const [IFCFG, KEYFILE] = [`${STATE_DIR}/ifcfg-${SECOND.link}`, `${STATE_DIR}/${SECOND.link}.nmconnection`];
const CALLS = '/run/log/script';

/** Tells how it was called, runs `first`, and makes the interface what the file says. */
function installScript(first = ''): void {
  writeFile(CALLS, '');
  writeFile(
    SCRIPT,
    `#!/bin/sh
echo "$#: $*" >>${CALLS}
${first}
. "$1" || exit 4
ip address flush dev "$DEVICE" scope global
ip address add "$IPADDR0/$NETMASK0" dev "$DEVICE"
ip route replace default via "$GATEWAY" dev "$DEVICE"
echo "nameserver $DNS1" >/etc/resolv.conf
`,
    0o755,
  );
}

const calls = () => readFileSync(CALLS, 'utf8').split('\n').filter(Boolean);

if (await insidePrivateRoot(fileURLToPath(import.meta.url))) {
  plugInPlainly();
  installScript();
  const guest = await startProgramGuest({
    args: ['--profile', 'freebsd', '--net', 'script'],
    hardware: { profile: 'freebsd', interfaceName: () => SECOND.link },
  });

  suite('hv-kvp-daemon with a hv_set_ifconfig', ({ test, after }) => {
    after(() => guest.stop());

    test('whose exit is not 0: failed, and the host hears so', async () => {
      installScript('exit 3');
      assert.is(await guest.setIp(NEW), FAIL);
      assert.match(JSON.stringify(logged(guest.daemon, 'network command failed')), 'exit 3');
      assert.equal([existsSync(IFCFG), existsSync(KEYFILE), existsSync(JOURNAL)], [false, false, false]);
      await assertWorks(guest, OLD);
    });

    test('calls it with the paths of both files, as the stock daemon does', async () => {
      installScript();
      assert.is(await guest.setIp(NEW), 0, guest.daemon.output);
      assert.equal(calls(), [`2: ${IFCFG} ${KEYFILE}`]);
      assert.match(readFileSync(IFCFG, 'utf8'), 'IPADDR0=198.51.100.10\n');
      assert.match(readFileSync(KEYFILE, 'utf8'), 'address1=198.51.100.10/24');
      await assertWorks(guest, NEW);
    });

    test('that says yes and does nothing: failed, with the old files', async () => {
      installScript('exit 0');
      assert.is(await guest.setIp(OLD), FAIL);
      assert.equal(calls(), Array(2).fill(`2: ${IFCFG} ${KEYFILE}`));
      assert.match(readFileSync(IFCFG, 'utf8'), 'IPADDR0=198.51.100.10\n');
      await assertWorks(guest, NEW);
    });

    test('that hangs: killed at its limit with what it started, the old configuration in force', async () => {
      installScript(`[ "$(wc -l <${CALLS})" -gt 1 ] || { sleep 98765 & sleep 98765; }`);
      assert.is(await guest.setIp(OLD), FAIL);
      assert.match(JSON.stringify(logged(guest.daemon, 'network command failed').at(-1)), /killed after \d+ ms/);
      assert.is(succeeds('pgrep', '-f', 'sleep 98765'), false);
      await assertWorks(guest, NEW);
      assert.equal(kernelState(SECOND.link).gateways, NEW.gateways);
    });
  });
}
