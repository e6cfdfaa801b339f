import { HostPatterns, isLoopback } from './host-patterns.ts';

/** Variables of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for requests to `url`, as Go and curl choose it: `HTTPS_PROXY` or `HTTP_PROXY` by the scheme, unless
 * `NO_PROXY` names the host. Names in lower case win. This machine is reached directly.
 * @throws ProxyUrlError when the variable holds no URL
 */
export function proxyOf(url: URL, environment: Environment): URL | undefined {
  const name = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const proxy = variable(environment, name);
  if (proxy === '' || isLoopback(url)) return undefined;
  const direct = new HostPatterns(variable(environment, 'no_proxy').split(','), { withSubdomains: true });
  if (direct.match(url)) return undefined;
  const text = proxy.includes('://') ? proxy : `http://${proxy}`;
  if (!URL.canParse(text)) throw new ProxyUrlError(name.toUpperCase());
  return new URL(text);
}

/** A variable that should name a proxy holds no URL. */
class ProxyUrlError extends Error {
  override readonly name = 'ProxyUrlError';
  readonly code = 'ERR_PROXY_URL';

  constructor(variable: string) {
    super(`${variable} is no URL`);
  }
}

function variable(environment: Environment, name: string): string {
  return (environment[name] ?? environment[name.toUpperCase()] ?? '').trim();
}
