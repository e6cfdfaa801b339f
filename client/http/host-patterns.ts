import { BlockList, isIP } from 'node:net';

/** One entry of a list: a host, with a port if the entry is limited to one. */
interface HostPattern {
  /** The host as in URLs. */
  readonly host: string;
  readonly port: string;
  /** Whether it matches the host itself, and not only its subdomains. */
  readonly isHost: boolean;
}

/**
 * Matches hosts against a list of `host`, `host:port`, an address, a network such as `10.0.0.0/8`, and `*` for all.
 * Names match in any case. Malformed entries match nothing.
 */
export class HostPatterns {
  readonly #patterns: readonly HostPattern[];
  readonly #networks = new BlockList();
  readonly #matchesAll: boolean;
  readonly #withSubdomains: boolean;

  /**
   * @param options.withSubdomains whether `example.com` also matches `a.example.com`, and `.example.com` and
   * `*.example.com` match only hosts below `example.com`
   */
  constructor(entries: readonly string[], { withSubdomains = false } = {}) {
    this.#withSubdomains = withSubdomains;
    const given = entries.map((entry) => entry.trim().toLowerCase()).filter((entry) => entry !== '');
    this.#matchesAll = given.includes('*');
    this.#patterns = given.map(parsePattern);
    for (const entry of given) this.#addNetwork(entry);
  }

  /** Whether the host of the URL matches. */
  match({ hostname, port, protocol }: Pick<URL, 'hostname' | 'port' | 'protocol'>): boolean {
    if (this.#matchesAll) return true;
    const host = hostname.toLowerCase();
    const address = host.replace(/^\[|\]$/g, '');
    const family = isIP(address);
    if (family !== 0 && this.#networks.check(address, family === 6 ? 'ipv6' : 'ipv4')) return true;
    const asked = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
    return this.#patterns.some(
      (pattern) =>
        (pattern.port === '' || pattern.port === asked) &&
        ((pattern.isHost && pattern.host === host) || (this.#withSubdomains && host.endsWith(`.${pattern.host}`))),
    );
  }

  #addNetwork(entry: string): void {
    const [address = '', prefix] = entry.split('/', 2);
    const family = isIP(address);
    const bits = Number(prefix);
    if (family === 0 || prefix === undefined || !(bits <= (family === 6 ? 128 : 32))) return;
    this.#networks.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4');
  }
}

function parsePattern(entry: string): HostPattern {
  if (isIP(entry) === 6) return { host: new URL(`http://[${entry}]`).hostname, port: '', isHost: true };
  const [, name = entry, port = ''] = /^(.*?)(?::(\d{1,5}))?$/.exec(entry) ?? [];
  const below = name.replace(/^\*?\./, '');
  return { host: below, port, isHost: below === name };
}

const LOOPBACK = new HostPatterns(['localhost', '127.0.0.0/8', '::1/128']);

/** Whether the URL leads to this machine. */
export function isLoopback(url: Pick<URL, 'hostname' | 'port' | 'protocol'>): boolean {
  return LOOPBACK.match(url);
}
