/** Tells a device that is served by FUSE from a plain file. */
import { readlinkSync } from 'node:fs';
import { mountOf } from './mount-table.js';

/**
 * Whether an open regular file is the whole of a FUSE mount, as `serveDevice` makes one. A file within a FUSE file system
 * is somebody's data. False where there is no /proc.
 */
export function isServedFile(descriptor: number): boolean {
  try {
    const mount = mountOf(descriptor);
    return (
      mount !== undefined &&
      /^fuse(\.|$)/.test(mount.type) &&
      mount.root === '/' &&
      mount.point === readlinkSync(`/proc/self/fd/${descriptor}`)
    );
  } catch {
    return false;
  }
}
