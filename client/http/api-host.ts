import { isHost } from '../../core/api/url-root.ts';

/** Docker Hub serves the API under another name than its references have. */
const ALIASES: Readonly<Record<string, string>> = {
  'docker.io': 'registry-1.docker.io',
  'index.docker.io': 'registry-1.docker.io',
};

/**
 * The host under which the API of a registry is reached, with its port.
 * @throws TypeError when `host` cannot be a host
 */
export function apiHost(host: string): string {
  if (!isHost(host)) throw new TypeError(`${JSON.stringify(host)} is no host of a registry, such as localhost:5000`);
  return ALIASES[host] ?? host;
}

/** The host as references name it. */
export function referenceHost(apiHost: string): string {
  return apiHost === ALIASES['docker.io'] ? 'docker.io' : apiHost;
}
