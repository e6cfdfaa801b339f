import { isIP } from 'node:net';
import type { Network } from '../../../core/model/network.ts';
import { unexpected } from '../engine/scalars.ts';
import { listOf, type Schema, scalar } from '../engine/schema.ts';

/** An IP address or a range of them. */
export const network: Schema<Network> = scalar('network', (node) => {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(node.text) ?? [];
  const version = isIP(address);
  const longest = version === 4 ? 32 : 128;
  const prefix = bits === undefined ? longest : Number(bits);
  if (version === 0 || address.includes('%') || prefix > longest) {
    throw unexpected(node, 'an address or a network such as 10.0.0.0/8');
  }
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
});

/** `http.trustedproxies`. */
export const trustedProxies = listOf(network);
