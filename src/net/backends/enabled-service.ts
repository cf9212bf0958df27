/** Which services systemd starts with the machine, by the links that `systemctl enable` makes. From files alone. */
import type { ConfigFiles } from '../config-files.js';

const FOLDERS = ['/etc/systemd/system', '/run/systemd/generator', '/run/systemd/generator.late'];
const TARGETS = ['multi-user.target.wants', 'network-online.target.wants', 'network.target.wants'];

/** By which a machine is known where systemd runs (sd_booted(3)). Containers may have its links without it. */
const BOOTED = '/run/systemd/system';

/** The link itself counts: below a root that is not this machine's it leads nowhere. */
export function isEnabled(files: ConfigFiles, service: string): boolean {
  if (files.areOfThisMachine && !files.exists(BOOTED)) return false;
  return FOLDERS.some((folder) =>
    TARGETS.some((target) => files.list(`${folder}/${target}`, service).some((path) => path.endsWith(`/${service}`))),
  );
}
