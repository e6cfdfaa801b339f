import { isHost } from '../../core/api/url-root.ts';

/** Docker Hub, as references name it. */
export const DOCKER_HUB = 'docker.io';
/** Its names in references and in credential files. */
const DOCKER_HUB_HOSTS: readonly string[] = [DOCKER_HUB, 'index.docker.io', 'registry-1.docker.io'];
/** The host on which Docker Hub serves the API. */
const DOCKER_HUB_API = 'registry-1.docker.io';
/** The default ports of HTTPS and HTTP. */
const DEFAULT_PORT = /:(?:443|80)$/;

/** Whether a host is Docker Hub, under any of its names. */
export function isDockerHub(host: string): boolean {
  return DOCKER_HUB_HOSTS.includes(host.toLowerCase().replace(/:443$/, ''));
}

/**
 * The host that serves the API of a registry, in lower case, with its port.
 * @throws TypeError when `host` cannot be a host
 */
export function apiHost(host: string): string {
  if (!isHost(host)) throw new TypeError(`${JSON.stringify(host)} is not a registry host such as localhost:5000`);
  return isDockerHub(host) ? DOCKER_HUB_API : host.toLowerCase();
}

/** The host as references name it. */
export function referenceHost(apiHost: string): string {
  return apiHost === DOCKER_HUB_API ? DOCKER_HUB : apiHost;
}

/**
 * The spellings of a host under which settings can be stored, in lower case, starting with the given one: with or
 * without a default port (RFC 3986, 6.2.2.1 and 6.2.3), and all names of Docker Hub.
 */
export function hostSpellings(host: string): readonly [string, ...string[]] {
  const given = host.toLowerCase();
  if (isDockerHub(given)) return [DOCKER_HUB, ...DOCKER_HUB_HOSTS.slice(1)];
  if (DEFAULT_PORT.test(given)) return [given, given.replace(DEFAULT_PORT, '')];
  return /:\d+$/.test(given.replace(/^\[.*\]/, '')) ? [given] : [given, `${given}:443`, `${given}:80`];
}

/** Whether two hosts are the same registry. Texts that are not hosts are compared literally. */
export function isSameRegistry(one: string, other: string): boolean {
  return one === other || (isHost(one) && hostSpellings(one).includes(other.toLowerCase()));
}
