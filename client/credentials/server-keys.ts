import { hostSpellings, isDockerHub } from '../references/registry-host.ts';

/** Under which docker, podman and their helper programs keep credentials for Docker Hub. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';

/** The key for credentials of a host that are stored now. */
export function serverKey(host: string): string {
  return isDockerHub(host) ? DOCKER_HUB_KEY : host.toLowerCase();
}

/** The keys that a helper program is asked about, one after the other: a port that can be left out is one more chance. */
export function helperKeys(host: string): readonly string[] {
  const [, ...others] = hostSpellings(host);
  const hasDefaultPort = /:\d+$/.test(host) && others.length > 0 && !isDockerHub(host);
  return [serverKey(host), ...(hasDefaultPort ? others : [])];
}

/**
 * Which of these keys hold credentials for a host, the most specific first. Files of podman can have keys for a part of
 * the path, such as `quay.io/team`; those that docker wrote long ago are URLs, such as `https://quay.io/v1/`, of which only
 * the host counts. Hosts match in any case.
 */
export function matchingKeys(keys: readonly string[], host: string, repository = ''): readonly string[] {
  const hosts = hostSpellings(host);
  return keys
    .map((key) => ({ key, ...placeOf(key) }))
    .filter(({ host: own, path }) => hosts.includes(own) && (path === '' || `${repository}/`.startsWith(`${path}/`)))
    .sort(
      (a, b) =>
        depthOf(b) - depthOf(a) || hosts.indexOf(a.host) - hosts.indexOf(b.host) || Number(a.isUrl) - Number(b.isUrl),
    )
    .map(({ key }) => key);
}

interface KeyPlace {
  readonly host: string;
  /** Of the repositories that the key is for; empty for all. */
  readonly path: string;
  readonly isUrl: boolean;
}

function placeOf(key: string): KeyPlace {
  const [, scheme, host = '', path = ''] = /^(https?:\/\/)?([^/]*)(?:\/(.*))?$/is.exec(key) ?? [];
  const isUrl = scheme !== undefined || /^v[12]\/?$/.test(path);
  return { host: host.toLowerCase(), path: isUrl ? '' : path.replace(/\/$/, ''), isUrl };
}

function depthOf({ path }: KeyPlace): number {
  return path === '' ? 0 : path.split('/').length;
}
