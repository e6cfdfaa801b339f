import { BadValue, quote, type Schema, scalar } from './structure.ts';

/** A place in the network. */
export interface TcpAddress {
  /** A name or an IP address without brackets; absent for every interface. */
  readonly host?: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** Where the registry listens. */
export type ListenAddress =
  | TcpAddress
  | {
      /** The path of a unix socket. */
      readonly socket: string;
    };

/**
 * `127.0.0.1:5000`, `[::1]:5000`, `registry.local:5000`, `:5000`.
 * @throws BadValue
 */
export function parseTcpAddress(text: string): TcpAddress {
  const match = /^(?:\[([0-9A-Fa-f:.]+(?:%\w+)?)\]|([^:[\]\s/]*)):([^:]*)$/.exec(text);
  if (match === null) {
    throw new BadValue('expected host:port or :port, such as 127.0.0.1:5000', quote(text));
  }
  const [, bracketed, plain, digits = ''] = match;
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : Number.NaN;
  if (!(port <= 65_535)) throw new BadValue('the port must be a number from 0 to 65535', quote(digits));
  const host = bracketed ?? plain ?? '';
  return host === '' ? { port } : { host, port };
}

/** `host:port`, as it was written. */
export const address: Schema<string> = scalar('host:port', (node) => {
  parseTcpAddress(node.text);
  return node.text;
});
