import { type ForwardedHeaders, forwardedOrigin } from './forwarded.ts';
import { UrlBuilder } from './url-builder.ts';
import { isHost, isPathPrefix } from './url-root.ts';

/** What a request says about the URL that the client used. */
export interface RequestUrlOptions extends ForwardedHeaders {
  /** `Host` */
  readonly host: string | undefined;
  /** Whether the connection to this process uses TLS. */
  readonly encrypted: boolean;
  /** The path as the client sent it. */
  readonly path: string;
}

/** What the configuration says about URLs (`http.host`, `http.prefix`, `http.relativeurls`). */
export interface UrlSettings {
  /** Where clients reach the registry, regardless of the request: http or https. Its path precedes `prefix`. */
  readonly host?: URL | undefined;
  /** As `parsePathPrefix` returns it; empty to use the prefix of the request. */
  readonly prefix: string;
  /** Whether URLs have no host; no effect when `host` is set. */
  readonly relative: boolean;
}

/**
 * Creates the builder for the URLs in one answer. Scheme and host are the configured ones; otherwise each comes
 * from the headers of proxies, or else from the connection and `Host`. A header with an invalid value counts as absent.
 * Without a valid host the URLs are relative, which every client understands.
 */
export function urlBuilderFor(request: RequestUrlOptions, settings: UrlSettings): UrlBuilder {
  const prefix = settings.prefix === '' ? prefixOf(request.path) : settings.prefix;
  if (settings.host !== undefined) {
    const { origin, pathname } = settings.host;
    // A proxy that serves the registry under a path may or may not forward that path.
    return new UrlBuilder(pathname === '/' ? `${origin}${prefix}` : `${origin}${pathname}${settings.prefix}`);
  }
  if (settings.relative) return new UrlBuilder(prefix);
  const forwarded = forwardedOrigin(request);
  const host = forwarded.host ?? request.host;
  if (host === undefined || !isHost(host)) return new UrlBuilder(prefix);
  const scheme = forwarded.scheme ?? (request.encrypted ? 'https' : 'http');
  return new UrlBuilder(`${scheme}://${host}${prefix}`);
}

function prefixOf(path: string): string {
  const prefix = path.slice(0, Math.max(path.indexOf('/v2/'), 0));
  return isPathPrefix(prefix) ? prefix : '';
}
