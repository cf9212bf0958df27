/** A changer over the real kernel of a private machine, what it started, and whether the kernel has what was wanted. */
import { setTimeout as pass } from 'node:timers/promises';
import { createNetFacts, type IpConfiguration, type ManagerChoice } from 'hv-kvp/net';
import { createNetChanger, differences, type NetChanger, presentConfiguration } from '#internal';
import { ip } from '../system/failover/network.js';
import { PATIENCE_MS } from './until.js';

export interface ChangingKernel extends NetChanger {
  /** The programs of the last change, each as it would be typed. */
  started: string[];
  present(): Promise<IpConfiguration>;
  isSo(wanted: IpConfiguration): Promise<boolean>;
  /** Resolves once it is so; rejects where it takes long. */
  comesToBe(wanted: IpConfiguration): Promise<void>;
  close(): void;
}

/** A cable with nobody at its other end that answers; nobody asks gateways there. */
export function changingKernel(link: string, manager: ManagerChoice = 'auto'): ChangingKernel {
  const facts = createNetFacts({ refreshMs: 60_000 });
  const started: string[] = [];
  const changer = createNetChanger({
    facts,
    manager,
    probe: async () => [],
    onEvent(event) {
      if (event.what === 'command') started.push(event.argv.join(' '));
    },
  });
  const present = async () => {
    await facts.refresh();
    return presentConfiguration(facts.interfaces().find(({ name }) => name === link)!);
  };
  const isSo = async (wanted: IpConfiguration) => differences(await present(), wanted).length === 0;
  return {
    ...changer,
    started,
    async apply(...args) {
      started.length = 0;
      return changer.apply(...args);
    },
    present,
    isSo,
    async comesToBe(wanted) {
      const end = performance.now() + PATIENCE_MS;
      while (!(await isSo(wanted))) {
        if (performance.now() > end)
          throw new Error(`not so within ${PATIENCE_MS} ms: ${JSON.stringify(await present())}`);
        await pass(20);
      }
    },
    close: () => facts.close(),
  };
}

export function plugInto(link: string, mac: string): void {
  ip('link set lo up');
  ip(`link add ${link} address ${mac} type veth peer name far0`);
  ip('link set far0 addrgenmode none up');
}
