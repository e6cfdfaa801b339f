/** Under which docker, podman and their helper programs keep credentials for Docker Hub. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';
const DOCKER_HUB_HOSTS = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];

/** The key for credentials of a host that are stored now, and that a helper program is asked about. */
export function serverKey(host: string): string {
  return DOCKER_HUB_HOSTS.includes(host) ? DOCKER_HUB_KEY : host;
}

/**
 * Which of these keys hold credentials for a host, the most specific first. Files of podman can have keys for a part of
 * the path, such as `quay.io/team`; those that docker wrote long ago are URLs, such as `https://quay.io/v1/`.
 */
export function matchingKeys(keys: readonly string[], host: string, repository?: string): readonly string[] {
  const hosts = DOCKER_HUB_HOSTS.includes(host) ? DOCKER_HUB_HOSTS : [host];
  const exact = hosts.flatMap((each) => [...pathKeys(each, repository), each]);
  const known = new Set(keys);
  const named = exact.filter((key) => known.has(key)).sort((a, b) => b.split('/').length - a.split('/').length);
  return [...named, ...keys.filter((key) => hosts.includes(hostOfUrl(key) ?? ''))];
}

function pathKeys(host: string, repository = ''): string[] {
  const parts = repository === '' ? [] : repository.split('/');
  return parts.map((_, index) => [host, ...parts.slice(0, parts.length - index)].join('/'));
}

/** The host of a key that is the URL of a registry as a whole; `undefined` for any other key. */
function hostOfUrl(key: string): string | undefined {
  const [, scheme, host, path = ''] = /^(https?:\/\/)?([^/]+)(\/.*)?$/.exec(key) ?? [];
  if (scheme === undefined && path === '') return undefined;
  return /^\/?(?:v[12]\/?)?$/.test(path) ? host : undefined;
}
