/** A message bus of the machine's own, for the managers that are asked over one. */
import { existsSync } from 'node:fs';
import { until } from '../../../_support/until.js';
import { startService, writeFile } from '../guest-system.js';

const SOCKET = '/run/dbus/system_bus_socket';

export async function startBus(): Promise<void> {
  writeFile(
    '/run/dbus/bus.conf',
    `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=${SOCKET}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_type="method_call"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
`,
  );
  startService('dbus-daemon', '--config-file=/run/dbus/bus.conf', '--nofork');
  await until('the message bus listens', () => existsSync(SOCKET));
}
