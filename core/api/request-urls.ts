import { type ForwardedHeaders, forwardedOrigin } from './forwarded.ts';
import { UrlBuilder } from './url-builder.ts';
import { isHost, isPathPrefix } from './url-root.ts';

/** What a request tells of the URL that the client used. */
export interface RequestUrlOptions extends ForwardedHeaders {
  /** `Host` */
  readonly host: string | undefined;
  /** Whether the connection to this process is TLS. */
  readonly encrypted: boolean;
  /** The path as it was sent. */
  readonly path: string;
}

/** What the configuration says of URLs (`http.host`, `http.prefix`, `http.relativeurls`). */
export interface UrlSettings {
  /** Where clients find the registry, whatever a request says: http or https. A path in it comes before `prefix`. */
  readonly host?: URL | undefined;
  /** As parsePathPrefix gives it; empty for that of the request. */
  readonly prefix: string;
  /** Give URLs without host; has no effect with `host`. */
  readonly relative: boolean;
}

/**
 * The builder of the URLs in the answer to one request. Scheme and host are the configured ones; else each is that
 * of the proxies' headers, else that of the connection and of `Host`. A header that holds no sound value counts as
 * absent, and without any sound host the URLs have none, which every client understands.
 */
export function urlBuilderFor(request: RequestUrlOptions, settings: UrlSettings): UrlBuilder {
  const prefix = settings.prefix === '' ? prefixOf(request.path) : settings.prefix;
  if (settings.host !== undefined) {
    const { origin, pathname } = settings.host;
    // A proxy that is reached below a path may pass that path on or not.
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
