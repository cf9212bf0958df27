/** The real `hv-kvp host` command against a machine whose guest is in this process. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serveControl, VirtualMachine, virtualAdapter } from 'hv-kvp/host';
import { ScriptedGuest } from '../_support/scripted-guest.js';
import { ended } from '../pool/processes.js';

export const BIN = fileURLToPath(new URL('../../../dist/bin/hv-kvp.js', import.meta.url));
export const MAC = '00:15:5D:01:02:03';
export const GUID = '{4b9b9a39-0a6c-4b5c-8d3e-0123456789ab}';

/** A machine whose guest is in this process, and the real command against its socket. */
export async function withHost(
  run: (
    host: (...args: string[]) => ReturnType<typeof ended>,
    guest: ScriptedGuest,
    vm: VirtualMachine,
    env: NodeJS.ProcessEnv,
  ) => Promise<void>,
): Promise<void> {
  const runtime = mkdtempSync(join(tmpdir(), 'hv-kvp-cli-'));
  const guest = new ScriptedGuest();
  const vm = new VirtualMachine({
    channel: guest.channel.host,
    adapters: [virtualAdapter(MAC, GUID)],
    refreshIntervalMs: 0,
  });
  vm.boot();
  await vm.ready();
  const control = await serveControl(vm, join(runtime, 'hv-kvp/host.sock'));
  try {
    const env = { ...process.env, XDG_RUNTIME_DIR: runtime, NO_COLOR: '1' };
    await run((...args) => ended(spawn(process.execPath, [BIN, 'host', ...args], { env })), guest, vm, env);
  } finally {
    await control.close();
    vm.stop();
    rmSync(runtime, { recursive: true });
  }
}
