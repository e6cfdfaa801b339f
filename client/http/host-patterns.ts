import { BlockList, isIP } from 'node:net';

/**
 * Hosts as lists of them are written: `host`, `host:port`, an address, a network such as `10.0.0.0/8`, and `*` for all.
 * Names match in any case. Entries that cannot be understood match nothing.
 */
export class HostPatterns {
  readonly #entries: readonly string[];
  readonly #networks = new BlockList();
  readonly #withSubdomains: boolean;

  /** @param options.withSubdomains whether `example.com` and `.example.com` stand for `a.example.com` too */
  constructor(entries: readonly string[], { withSubdomains = false } = {}) {
    this.#withSubdomains = withSubdomains;
    this.#entries = entries.map((entry) => entry.trim().toLowerCase()).filter((entry) => entry !== '');
    for (const entry of this.#entries) this.#addNetwork(entry);
  }

  /** Whether the host of the URL is one of them. */
  match({ hostname, port, protocol }: Pick<URL, 'hostname' | 'port' | 'protocol'>): boolean {
    const name = hostname.replace(/^\[|\]$/g, '').toLowerCase();
    const withPort = `${hostname.toLowerCase()}:${port === '' ? (protocol === 'https:' ? '443' : '80') : port}`;
    const family = isIP(name);
    if (family !== 0 && this.#networks.check(name, family === 6 ? 'ipv6' : 'ipv4')) return true;
    return this.#entries.some(
      (entry) =>
        entry === '*' || entry === name || entry === hostname || entry === withPort || this.#isAbove(entry, name),
    );
  }

  #isAbove(entry: string, name: string): boolean {
    return this.#withSubdomains && name.endsWith(entry.startsWith('.') ? entry : `.${entry}`);
  }

  #addNetwork(entry: string): void {
    const [address = '', prefix] = entry.split('/', 2);
    const family = isIP(address);
    const bits = Number(prefix);
    if (family === 0 || prefix === undefined || !(bits <= (family === 6 ? 128 : 32))) return;
    this.#networks.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4');
  }
}

const LOOPBACK = new HostPatterns(['localhost', '127.0.0.0/8', '::1/128']);

/** Whether the URL leads to this machine. */
export function isLoopback(url: Pick<URL, 'hostname' | 'port' | 'protocol'>): boolean {
  return LOOPBACK.match(url);
}
