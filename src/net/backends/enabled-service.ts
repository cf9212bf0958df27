/** Which services systemd starts with the machine, by the links that `systemctl enable` makes. From files alone. */
import { basename } from 'node:path';
import type { ConfigFiles } from '../config-files.js';

const FOLDERS = ['/etc/systemd/system', '/run/systemd/generator', '/run/systemd/generator.late'];
const TARGETS = ['multi-user.target.wants', 'network-online.target.wants', 'network.target.wants'];

/** By which a machine is known where systemd runs (sd_booted(3)). Containers may have its links without it. */
const BOOTED = '/run/systemd/system';

const isWithSystemd = (files: ConfigFiles): boolean => !files.areOfThisMachine || files.exists(BOOTED);

/** The link itself counts: below a root that is not this machine's it leads nowhere. */
export function isEnabled(files: ConfigFiles, service: string): boolean {
  if (!isWithSystemd(files)) return false;
  return FOLDERS.some((folder) =>
    TARGETS.some((target) => files.list(`${folder}/${target}`, service).some((path) => path.endsWith(`/${service}`))),
  );
}

/** The unit that goes by this other name (`Alias=` of systemd.unit(5)); undefined where none does. */
export function unitCalled(files: ConfigFiles, alias: string): string | undefined {
  if (!isWithSystemd(files)) return undefined;
  const link = `/etc/systemd/system/${alias}`;
  const end = files.finalPath(link);
  return end === link ? undefined : basename(end);
}
