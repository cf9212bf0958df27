/** Serves a {@link DeviceServer} as a file that any process can open, by FUSE. */
import { optional, optionsOf, requireChoice, requireFunction, requireInteger, requirePath } from '../../arguments.js';
import type { WallClock } from '../../clock.js';
import { KvpError } from '../../errors.js';
import { type DeviceServer, requireServer } from '../port.js';
import { FuseConnection } from './connection.js';
import { checkMayMount } from './mount.js';
import { MountPoint } from './mount-point.js';
import { FuseSession, type NonblockPolicy } from './session.js';

export interface ServeDeviceOptions {
  /**
   * Where the device appears. The file and missing directories are made, and removed again. An existing empty file is
   * used and stays. A real device, a file with content or a live mount is never covered.
   */
  path: string;
  server: DeviceServer;
  /** Default `strict`: as Linux's driver, reads sleep even with O_NONBLOCK. */
  nonblock?: NonblockPolicy;
  /** Permission bits of the device file; default 0600, as the real one. */
  mode?: number;
  /** Dates the file. Default `Date.now`. */
  wallClock?: WallClock;
}

export interface ServedDevice {
  readonly path: string;
  /** Resolves when the device is gone: by `close`, or because somebody unmounted it. Rejects when the server threw. */
  readonly ended: Promise<void>;
  /**
   * Wakes every sleeper with ENODEV, unmounts and removes what was made. Harmless when already gone. When somebody else
   * detached the mount (`umount -l`), resolves once the last process has closed the file.
   */
  close(): Promise<void>;
}

/**
 * Makes `path` a device that speaks protocol.md 4.4. Linux only; needs /dev/fuse, mount(8) and CAP_SYS_ADMIN, which a
 * user without privileges has inside `unshare -Urm`.
 *
 * The process that serves must not touch the file synchronously (`readFileSync`, `statSync`): it would wait for its
 * own answer and cannot even be killed. Give the server a process of its own. Each served device occupies one thread
 * of libuv's pool. The file is unmounted by `close`, when the process exits, and, by a watchdog process, when it is killed.
 *
 * @example
 *   const device = await serveDevice({ path: '/dev/vmbus/hv_kvp', server: session });
 *   // … hv_kvp_daemon -n
 *   await device.close();
 *
 * @throws KvpError ERR_DEVICE_FUSE: what is missing, and the remedy. MisuseError when an option is not what it must be.
 */
export async function serveDevice(options: ServeDeviceOptions): Promise<ServedDevice> {
  const { path, server, nonblock = 'strict', mode = 0o600, wallClock } = optionsOf(options);
  requirePath('path', path);
  requireServer(server);
  requireChoice('nonblock', nonblock, ['strict', 'friendly']);
  requireInteger('mode', mode, 0, 0o777);
  optional(requireFunction, 'wallClock', wallClock);
  if (process.platform !== 'linux')
    throw new KvpError('ERR_DEVICE_FUSE', { detail: `${process.platform} has no /dev/fuse - serve it on Linux` });
  occupyThread();
  let device: MountedDevice;
  try {
    device = await mountAndServe(options);
  } catch (error) {
    threadsInUse--;
    throw error;
  }
  await device.appear();
  return device;
}

/** Under a hidden name. */
async function mountAndServe({
  path,
  server,
  nonblock = 'strict',
  mode = 0o600,
  wallClock = Date.now,
}: ServeDeviceOptions): Promise<MountedDevice> {
  const connection = await FuseConnection.open();
  const point = await preparePlace(path).catch((error: unknown) => {
    connection.close();
    throw error;
  });
  try {
    await point.mount(connection.descriptor);
  } catch (error) {
    connection.close();
    await abandon(point);
    throw error;
  }
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const session = new FuseSession({
    server,
    nonblock,
    attributes: { mode, ...owner, seconds: Math.floor(wallClock() / 1000) },
    send: (answer) => connection.send(answer),
  });
  return new MountedDevice(point, connection, session);
}

/** Servers that end remove their directories; so often the one of `path` may vanish while it is prepared. */
const ATTEMPTS = 16;

async function preparePlace(path: string): Promise<MountPoint> {
  checkMayMount();
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const point = await MountPoint.prepare(path);
    try {
      if (await point.make()) return point;
    } catch (error) {
      await abandon(point);
      throw error;
    }
    await abandon(point);
  }
  throw new KvpError('ERR_DEVICE_FUSE', { detail: `the directory of ${path} is removed again and again` });
}

async function abandon(point: MountPoint): Promise<void> {
  point.remove();
  await point.close();
}

class MountedDevice implements ServedDevice {
  readonly path: string;
  readonly ended: Promise<void>;
  readonly #point: MountPoint;
  readonly #session: FuseSession;
  #unmounting: Promise<void> | undefined;
  #detachedByOthers = false;
  #gone = false;

  constructor(point: MountPoint, connection: FuseConnection, session: FuseSession) {
    this.path = point.path;
    this.#point = point;
    this.#session = session;
    const onExit = () => {
      // A read of /dev/fuse that is still pending would keep the process from ending, for ever.
      const unmounted = point.unmountNow();
      point.remove();
      // Somebody else detached it and a daemon still has it open: better a wrong exit code than a process without end.
      if (!unmounted && (this.#unmounting === undefined || this.#detachedByOthers))
        process.kill(process.pid, 'SIGKILL');
    };
    process.once('exit', onExit);
    this.ended = connection
      .serve((request) => session.handle(request))
      .catch(async (error) => {
        await this.#unmount();
        throw error;
      })
      .finally(async () => {
        this.#gone = true;
        session.end();
        // It may still be at work where somebody else was faster.
        await this.#unmounting?.catch(() => {});
        point.remove();
        process.removeListener('exit', onExit);
        threadsInUse--;
        await point.close();
      });
    // Whoever wants to know looks at `ended` or calls `close`.
    this.ended.catch(() => {});
  }

  /** Gives the device its name; closes it when that fails. */
  async appear(): Promise<void> {
    try {
      await this.#point.reveal();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    if (!this.#gone) await this.#unmount();
    await this.ended;
  }

  /** The name goes first: whoever still finds it is served. */
  #unmount(): Promise<void> {
    this.#unmounting ??= (async () => {
      await this.#point.hide();
      this.#session.end();
      this.#detachedByOthers = !(await this.#point.unmount());
    })();
    return this.#unmounting;
  }
}

/** Devices being served; each keeps one thread of libuv's pool in a read of /dev/fuse. */
let threadsInUse = 0;

/** With the pool full of such reads, no file or resolver call of this process would ever end. */
function occupyThread(): void {
  const pool = Math.max(1, Number.parseInt(process.env['UV_THREADPOOL_SIZE'] ?? '4', 10) || 1);
  if (threadsInUse + 1 >= pool)
    throw new KvpError('ERR_DEVICE_FUSE', {
      detail: `the thread pool of ${pool} has no thread to spare - set UV_THREADPOOL_SIZE=${threadsInUse + 4} or serve from another process`,
    });
  threadsInUse++;
}
