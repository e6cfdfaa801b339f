import type { Environment } from '../environment.ts';
import { HostPatterns, isLoopback } from './host-patterns.ts';

/**
 * The proxy for requests to `url`, as curl chooses it: `HTTPS_PROXY` or `HTTP_PROXY` by the scheme, otherwise
 * `ALL_PROXY`, unless `NO_PROXY` names the host by the rules of Go (golang.org/x/net/http/httpproxy). Lower-case names
 * win, and an empty variable counts as absent. This machine is reached directly.
 * @throws ProxyUrlError when the variable is not a URL, or not that of an HTTP proxy
 */
export function proxyOf(url: URL, environment: Environment): URL | undefined {
  if (isLoopback(url)) return undefined;
  const scheme = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const name = [scheme, 'all_proxy'].find((each) => variable(environment, each) !== '');
  if (name === undefined) return undefined;
  const direct = new HostPatterns(variable(environment, 'no_proxy').split(','), { withSubdomains: true });
  if (direct.match(url)) return undefined;
  const proxy = variable(environment, name);
  const text = proxy.includes('://') ? proxy : `http://${proxy}`;
  if (!URL.canParse(text)) throw new ProxyUrlError(`${name.toUpperCase()} is not a URL`);
  const { protocol } = new URL(text);
  if (!/^https?:$/.test(protocol)) {
    const named = `${name.toUpperCase()} names a proxy by ${protocol}//`;
    throw new ProxyUrlError(`${named}; only http:// and https:// can be used`);
  }
  return new URL(text);
}

/** Thrown when a variable does not name a usable proxy. */
export class ProxyUrlError extends Error {
  override readonly name = 'ProxyUrlError';
}

function variable(environment: Environment, name: string): string {
  return environment[name]?.trim() || environment[name.toUpperCase()]?.trim() || '';
}
