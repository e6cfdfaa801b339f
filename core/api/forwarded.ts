import { isHost } from './url-root.ts';

/** What proxies say about a request as the client sent it; a part that is absent or invalid is `undefined`. */
export interface ForwardedOrigin {
  readonly scheme: 'http' | 'https' | undefined;
  /** The host and, if the client named one, the port. */
  readonly host: string | undefined;
}

/** The headers of proxies; several lines of one header are joined by commas. */
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
 * The origin that the client used. Each part comes from `Forwarded` (RFC 7239), or from its `X-Forwarded-` header if
 * `Forwarded` does not contain that part. A malformed `Forwarded` hides the other headers. If several proxies added
 * values, the first one counts, which is the proxy next to the client.
 */
export function forwardedOrigin(headers: ForwardedHeaders): ForwardedOrigin {
  const pairs = headers.forwarded ? parseForwarded(headers.forwarded) : NO_PAIRS;
  if (pairs === undefined) return NOTHING;
  const proto = pairs.get('proto') ?? firstOf(headers.forwardedProto);
  const host = pairs.get('host') ?? firstOf(headers.forwardedHost);
  return proto === undefined && host === undefined ? NOTHING : origin(proto, host);
}

// A forwarded-pair and its end (RFC 7239 section 4), with distribution's tolerance for whitespace.
const TOKEN = String.raw`([!#$%&'*+.^_\x60|~0-9A-Za-z-]+)`;
const PAIR = new RegExp(String.raw`\s*${TOKEN}\s*=\s*(?:${TOKEN}|"((?:[^"\\]|\\.)*)")\s*(;|,|$)\s*`, 'y');

/** The pairs of the first element, by name in lower case; `undefined` when the element is malformed. */
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
