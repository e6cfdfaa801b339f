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
const NO_PAIRS: ReadonlyMap<string, string> = new Map();

/**
 * The origin that the client used. Each part is that of `Forwarded` (RFC 7239); a part that it does not hold is that
 * of the `X-Forwarded-` header. Beside a malformed `Forwarded` these are not consulted. Of several proxies the first,
 * which is the one next to the client, counts.
 */
export function forwardedOrigin(headers: ForwardedHeaders): ForwardedOrigin {
  const pairs = headers.forwarded ? parseForwarded(headers.forwarded) : NO_PAIRS;
  if (pairs === undefined) return NOTHING;
  const proto = pairs.get('proto') ?? firstOf(headers.forwardedProto);
  const host = pairs.get('host') ?? firstOf(headers.forwardedHost);
  return proto === undefined && host === undefined ? NOTHING : origin(proto, host);
}

// forwarded-pair and what ends it (RFC 7239 section 4), with distribution's tolerance for white space.
const TOKEN = String.raw`([!#$%&'*+.^_\x60|~0-9A-Za-z-]+)`;
const PAIR = new RegExp(String.raw`\s*${TOKEN}\s*=\s*(?:${TOKEN}|"((?:[^"\\]|\\.)*)")\s*(;|,|$)\s*`, 'y');

/** The pairs of the first element, by names in lower case; `undefined` when it is malformed. */
function parseForwarded(header: string): ReadonlyMap<string, string> | undefined {
  const pairs = new Map<string, string>();
  PAIR.lastIndex = 0;
  for (;;) {
    const match = PAIR.exec(header);
    if (match === null) return undefined;
    const [, name = '', token, quoted = '', end] = match;
    if (pairs.has(name.toLowerCase())) return undefined;
    pairs.set(name.toLowerCase(), token ?? quoted.replace(/\\(.)/g, '$1'));
    if (end !== ';' || PAIR.lastIndex === header.length) return pairs;
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
