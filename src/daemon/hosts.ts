/** The full name of a host: what the resolver's files and domains make of its short one. */

/** The first name on the first line of hosts(5) that names `host`, which is how the resolver finds a canonical name. */
export function canonicalNameInHosts(text: string, host: string): string | undefined {
  const wanted = host.toLowerCase();
  for (const line of text.split('\n')) {
    const [, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (!names.some((name) => name.toLowerCase() === wanted)) continue;
    const canonical = names[0]!;
    // A line for the loopback may carry every name of the machine; "localhost" names none.
    if (!/^localhost(\.|$)/i.test(canonical)) return canonical;
  }
  return undefined;
}

/** The domains that resolv.conf(5) lets a short name be looked up in; of several `search` and `domain` the last counts. */
export function searchDomains(text: string): string[] {
  let domains: string[] = [];
  for (const line of text.split('\n')) {
    const [keyword, ...rest] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'search' || keyword === 'domain') domains = rest.map((domain) => domain.replace(/\.$/, ''));
  }
  return domains.filter((domain) => domain !== '');
}
