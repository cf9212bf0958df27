/** Whether a value is a configuration: one of a caller's, or one that a file of ours has kept. */
import { canonicalAddress } from './address-text.js';
import { familyOf, type IpConfiguration } from './configuration.js';

/** As many addresses, gateways or servers, and no more. */
const MAX_LIST = 1_024;

/** What is wrong, beginning with the name of the part: "addresses[0].prefix is …". Undefined for a configuration. */
export function configurationProblem(value: { [K in keyof IpConfiguration]?: unknown }): string | undefined {
  const { dhcp, addresses, gateways, dns } = value;
  return (
    (typeof dhcp === 'boolean' ? undefined : 'dhcp is true or false') ??
    listProblem('addresses', addresses, addressProblem) ??
    listProblem('gateways', gateways, textProblem) ??
    listProblem('dns', dns, textProblem)
  );
}

function listProblem(
  name: string,
  value: unknown,
  elementProblem: (element: unknown) => string | undefined,
): string | undefined {
  if (!Array.isArray(value)) return `${name} is a list`;
  if (value.length > MAX_LIST) return `${name} has at most ${MAX_LIST} elements, not ${value.length}`;
  for (const [at, element] of value.entries()) {
    const problem = elementProblem(element);
    if (problem !== undefined) return `${name}[${at}]${problem}`;
  }
  return undefined;
}

function addressProblem(element: unknown): string | undefined {
  if (typeof element !== 'object' || element === null) return ' is an object';
  const { family, text, prefix } = element as { family?: unknown; text?: unknown; prefix?: unknown };
  const wrongText = textProblem(text);
  if (wrongText !== undefined) return `.text${wrongText}`;
  const expected = familyOf(text as string);
  if (family !== expected) return `.family is ${expected}, as the address is`;
  const most = expected === 4 ? 32 : 128;
  const isPrefix = Number.isInteger(prefix) && (prefix as number) >= 0 && (prefix as number) <= most;
  return isPrefix ? undefined : `.prefix is an integer from 0 to ${most}`;
}

function textProblem(text: unknown): string | undefined {
  const canonical = typeof text === 'string' ? canonicalAddress(text) : undefined;
  if (canonical === undefined) return ' is an address';
  return canonical === text ? undefined : ` is written ${canonical}`;
}
