/** `hv-kvp net show`: every interface as a Hyper-V host would see it. */
import Table from 'cli-table3';
import { Command } from 'commander';
import { createNetFacts, type InterfaceFacts, interfaceByName } from '../../net/index.js';
import { CommandEnd, EXIT } from '../exit-codes.js';
import { printable, printJson, printLine, printLines } from '../output.js';

export function netShowCommand(): Command {
  return new Command('show')
    .description('every interface with addresses, gateways, DNS servers and DHCP state')
    .argument('[interface]', 'only this one, or what has its addresses')
    .option('--json', 'one JSON object', false)
    .action((name: string | undefined, { json }: { json: boolean }) => show(name, json));
}

async function show(name: string | undefined, json: boolean): Promise<void> {
  const facts = createNetFacts();
  try {
    await facts.refresh();
    const all = facts.interfaces();
    const found = name === undefined ? all : [interfaceByName(all, name)];
    const interfaces = found.filter((one) => one !== undefined);
    if (name !== undefined && interfaces.length === 0) throw new CommandEnd(EXIT.negative, `no interface ${name}`);
    if (json) printJson({ interfaces: interfaces.map(forJson) });
    else printLines(asTable(interfaces));
    if (!json && name !== undefined && interfaces[0]?.name !== name)
      printLine(`${printable(interfaces[0]!.name)} has the addresses of ${printable(name)}.`);
  } finally {
    facts.close();
  }
}

function forJson({ name, index, mac, up, addresses, gateways, dns, dhcp }: InterfaceFacts): object {
  return {
    name,
    index,
    mac: mac ?? null,
    up,
    addresses: addresses.map(({ text, prefix }) => `${text}/${prefix}`),
    gateways,
    dns,
    dhcp,
  };
}

function asTable(interfaces: readonly InterfaceFacts[]): string {
  const table = new Table({
    head: ['interface', 'MAC', 'addresses', 'gateways', 'DNS', 'DHCP'],
    style: { head: [], border: [] },
  });
  for (const { name, mac, up, addresses, gateways, dns, dhcp } of interfaces) {
    table.push([
      up ? printable(name) : `${printable(name)} (down)`,
      mac ?? '',
      addresses.map(({ text, prefix }) => printable(`${text}/${prefix}`)).join('\n'),
      gateways.map(printable).join('\n'),
      dns.map(printable).join('\n'),
      dhcp ? 'yes' : 'no',
    ]);
  }
  return table.toString();
}
