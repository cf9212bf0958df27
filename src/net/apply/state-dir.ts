/** Where the journal of network changes and their lock are unless somebody says otherwise: beside the pool files. */
export function defaultStateDir(): string {
  return process.platform === 'freebsd' ? '/var/db/hyperv/pool' : '/var/lib/hyperv';
}
