import type { IncomingHttpHeaders } from 'node:http';
import { type BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/**
 * The IP address of the client: the peer address or, if all hops on the way are trusted proxies, the one that they
 * report in `X-Forwarded-For`. The header is read from its end, because clients can forge its beginning; an entry that is
 * not an address ends the search, and the last address found counts.
 * @param peer the address of the connection when the request arrived; absent on a Unix socket. A socket that was
 * destroyed meanwhile has none either, and must not be taken for a Unix socket
 * @param proxies absent: none is trusted. Where some are, so is a Unix socket
 */
export function clientAddress(
  { headers, peer }: { readonly headers: IncomingHttpHeaders; readonly peer: string | undefined },
  proxies: BlockList | undefined,
): string | undefined {
  let address = parseAddress(peer ?? '');
  if (proxies === undefined) return address;
  const named = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
  for (const text of named.reverse()) {
    if (address !== undefined && !isListed(address, proxies)) break;
    const next = parseAddress(text.trim());
    if (next === undefined) break;
    address = next;
  }
  return address;
}

/**
 * Whether the peer of a connection is a trusted proxy. A Unix socket counts as one if any proxy is trusted.
 * @param peer the address of the connection when the request arrived; absent on a Unix socket
 */
export function isTrustedPeer(peer: string | undefined, proxies: BlockList): boolean {
  const address = parseAddress(peer ?? '');
  return address === undefined || isListed(address, proxies);
}

function isListed(address: string, proxies: BlockList): boolean {
  return proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** An address with or without a port; an IPv4-mapped IPv6 address becomes IPv4. */
function parseAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  const bare = text.replace(/^\[([^\]]*)\](?::\d+)?$/, '$1').replace(/^([\d.]+):\d+$/, '$1');
  if (isIP(bare) === 0) return undefined;
  const mapped = /^::ffff:([\d.]+)$/i.exec(bare)?.[1];
  return mapped ?? bare;
}
