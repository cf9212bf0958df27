/** What FreeBSD's programs print, from test/vectors/net/freebsd. */
import { readFileSync } from 'node:fs';

/** "ifconfig-azure.txt" */
export function freebsdOutput(name: string): string {
  return readFileSync(new URL(`../../../test/vectors/net/freebsd/${name}`, import.meta.url), 'utf8');
}
