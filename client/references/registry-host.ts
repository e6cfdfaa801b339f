import { isHost } from '../../core/api/url-root.ts';

/** Docker Hub, as references name it. */
export const DOCKER_HUB = 'docker.io';
/** Its names in references and in files of credentials. */
const DOCKER_HUB_HOSTS: readonly string[] = [DOCKER_HUB, 'index.docker.io', 'registry-1.docker.io'];
/** Docker Hub serves the API under another name than its references have. */
const DOCKER_HUB_API = 'registry-1.docker.io';
/** Of HTTPS and HTTP. */
const DEFAULT_PORT = /:(?:443|80)$/;

/** Whether a host is Docker Hub, by any of its names. */
export function isDockerHub(host: string): boolean {
  return DOCKER_HUB_HOSTS.includes(host.toLowerCase().replace(/:443$/, ''));
}

/**
 * The host under which the API of a registry is reached, in lower case, with its port.
 * @throws TypeError when `host` cannot be a host
 */
export function apiHost(host: string): string {
  if (!isHost(host)) throw new TypeError(`${JSON.stringify(host)} is no host of a registry, such as localhost:5000`);
  return isDockerHub(host) ? DOCKER_HUB_API : host.toLowerCase();
}

/** The host as references name it. */
export function referenceHost(apiHost: string): string {
  return apiHost === DOCKER_HUB_API ? DOCKER_HUB : apiHost;
}

/**
 * How a host can be written where settings are filed by hosts, in lower case, as it is given first: a default port may be
 * there or not (RFC 3986, 6.2.2.1 and 6.2.3), and Docker Hub has several names.
 */
export function hostSpellings(host: string): readonly [string, ...string[]] {
  const given = host.toLowerCase();
  if (isDockerHub(given)) return [DOCKER_HUB, ...DOCKER_HUB_HOSTS.slice(1)];
  if (DEFAULT_PORT.test(given)) return [given, given.replace(DEFAULT_PORT, '')];
  return /:\d+$/.test(given.replace(/^\[.*\]/, '')) ? [given] : [given, `${given}:443`, `${given}:80`];
}

/** Whether two hosts are one registry. Texts that are no hosts are compared as they are. */
export function isSameRegistry(one: string, other: string): boolean {
  return one === other || (isHost(one) && hostSpellings(one).includes(other.toLowerCase()));
}
