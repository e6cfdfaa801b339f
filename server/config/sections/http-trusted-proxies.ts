import { isIP } from 'node:net';
import type { Network } from '../../../core/model/network.ts';
import { unexpected } from '../engine/scalars.ts';
import { listOf, type Schema, scalar } from '../engine/schema.ts';

/** The network in a text such as `10.0.0.0/8` or `192.0.2.1`; `undefined` for any other text. */
export function parseNetwork(text: string): Network | undefined {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  const longest = version === 4 ? 32 : 128;
  const prefix = bits === undefined ? longest : Number(bits);
  if (version === 0 || address.includes('%') || prefix > longest) return undefined;
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** An IP address or a range of them. */
export const network: Schema<Network> = scalar('network', (node) => {
  const parsed = parseNetwork(node.text);
  if (parsed === undefined) throw unexpected(node, 'an address or a network such as 10.0.0.0/8');
  return parsed;
});

/** `http.trustedproxies`. */
export const trustedProxies = listOf(network);
