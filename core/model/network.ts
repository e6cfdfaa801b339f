import { BlockList } from 'node:net';

/** A range of IP addresses. */
export interface Network {
  readonly address: string;
  /** The number of leading bits that all of its addresses share. */
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** The addresses of all these networks. */
export function toBlockList(networks: readonly Network[]): BlockList {
  const list = new BlockList();
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family);
  return list;
}
