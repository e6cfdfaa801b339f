import { hostSpellings, isDockerHub } from '../references/registry-host.ts';

/** The key under which Docker, Podman and their helper programs store credentials for Docker Hub. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';

/** The key under which new credentials of a host are stored. */
export function serverKey(host: string): string {
  return isDockerHub(host) ? DOCKER_HUB_KEY : host.toLowerCase();
}

/** The keys to look up in a helper program, in order: a default port may be included or omitted. */
export function helperKeys(host: string): readonly string[] {
  const [, ...others] = hostSpellings(host);
  const hasDefaultPort = /:\d+$/.test(host) && others.length > 0 && !isDockerHub(host);
  return [serverKey(host), ...(hasDefaultPort ? others : [])];
}

/**
 * The keys that contain credentials for a host, the most specific first. Podman's files can have keys for a part of the
 * path, such as `quay.io/team`. Old keys of Docker are URLs, such as `https://quay.io/v1/`, of which only the host
 * counts. Hosts match in any case.
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
  /** The path of the repositories that the key is for; empty for all. */
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
