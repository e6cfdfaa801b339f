import { isHost } from './url-root.ts';

/** What proxies say of a request as the client sent it; a part that is absent or unsound is `undefined`. */
export interface ForwardedOrigin {
  readonly scheme: 'http' | 'https' | undefined;
  /** Host and, if there was one, port. */
  readonly host: string | undefined;
}

/** The headers in which proxies say so; several lines of one are joined by commas. */
export interface ForwardedHeaders {
  /** `Forwarded` */
  readonly forwarded?: string | undefined;
  /** `X-Forwarded-Proto` */
  readonly forwardedProto?: string | undefined;
  /** `X-Forwarded-Host` */
  readonly forwardedHost?: string | undefined;
}

const NOTHING: ForwardedOrigin = { scheme: undefined, host: undefined };

/**
 * The origin that the client used. Where `Forwarded` (RFC 7239) is sent, be it malformed, the `X-Forwarded-` headers
 * are not consulted. Of several proxies the first, which is the one next to the client, counts.
 */
export function forwardedOrigin(headers: ForwardedHeaders): ForwardedOrigin {
  if (headers.forwarded) return parseForwarded(headers.forwarded);
  if (!headers.forwardedProto && !headers.forwardedHost) return NOTHING;
  return origin(firstOf(headers.forwardedProto), firstOf(headers.forwardedHost));
}

// forwarded-pair and what ends it (RFC 7239 section 4), with distribution's tolerance for white space.
const TOKEN = String.raw`([!#$%&'*+.^_\x60|~0-9A-Za-z-]+)`;
const PAIR = new RegExp(String.raw`\s*${TOKEN}\s*=\s*(?:${TOKEN}|"((?:[^"\\]|\\.)*)")\s*(;|,|$)\s*`, 'y');

function parseForwarded(header: string): ForwardedOrigin {
  const pairs = new Map<string, string>();
  PAIR.lastIndex = 0;
  for (;;) {
    const match = PAIR.exec(header);
    if (match === null) return NOTHING;
    const [, name = '', token, quoted = '', end] = match;
    if (pairs.has(name.toLowerCase())) return NOTHING;
    pairs.set(name.toLowerCase(), token ?? quoted.replace(/\\(.)/g, '$1'));
    if (end !== ';' || PAIR.lastIndex === header.length) return origin(pairs.get('proto'), pairs.get('host'));
  }
}

function origin(proto: string | undefined, host: string | undefined): ForwardedOrigin {
  const scheme = proto?.toLowerCase();
  return {
    scheme: scheme === 'http' || scheme === 'https' ? scheme : undefined,
    host: host !== undefined && isHost(host) ? host : undefined,
  };
}

function firstOf(list: string | undefined): string | undefined {
  return list?.split(',', 1)[0]?.trim();
}
