import { isRepositoryName, type RepositoryName } from '../../core/model/reference.ts';
import { InvalidReferenceError } from './invalid-reference-error.ts';
import { DOCKER_HUB, isDockerHub } from './registry-host.ts';

/** A repository of a registry. */
export interface RepositoryReference {
  /** The host, with its port if there is one: `localhost:5000`; `docker.io` for Docker Hub. */
  readonly host: string;
  readonly repository: RepositoryName;
}

/** A registry, and a prefix of its repositories. */
export interface RegistryReference {
  readonly host: string;
  /** The prefix of repository names, in whole components; empty for all. */
  readonly prefix: string;
}

const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/**
 * Splits a text as Docker does: the part before the first `/` is a host if it contains a `.`, a `:` or a capital
 * letter, or is `localhost`; otherwise the whole text is a name on Docker Hub.
 * @param whole the text for the error message
 * @throws InvalidReferenceError
 */
export function splitHost(text: string, whole: string): { readonly host: string; readonly path: string } {
  const slash = text.indexOf('/');
  const first = text.slice(0, slash);
  if (slash < 0 || !isHost(first)) return { host: DOCKER_HUB, path: text };
  return { host: parseHost(first, whole), path: text.slice(slash + 1) };
}

/**
 * Parses the host of a registry, as `stowage login` accepts it. The result is in lower case, except for a short name,
 * whose capital distinguishes it from a name on Docker Hub.
 * @throws InvalidReferenceError
 */
export function parseHost(text: string, whole = text): string {
  if (isDockerHub(text)) return DOCKER_HUB;
  const port = Number(/:(\d+)$/.exec(text.replace(/^\[.*\]/, ''))?.[1] ?? 1);
  if (HOST.test(text) && port >= 1 && port <= 65_535) return isHost(text.toLowerCase()) ? text.toLowerCase() : text;
  const hint = /^https?:/i.test(text)
    ? 'write it without the scheme; --plain-http selects HTTP'
    : 'write host or host:port';
  throw new InvalidReferenceError(whole, `${JSON.stringify(text)} is not the host of a registry; ${hint}`);
}

/**
 * Parses a repository without a tag or digest: `registry/name`, or `name` on Docker Hub.
 * @throws InvalidReferenceError
 */
export function parseRepositoryReference(text: string): RepositoryReference {
  const { host, path } = splitHost(text.replace(/^docker:\/\//, ''), text);
  const repository = host === DOCKER_HUB && !path.includes('/') ? `library/${path}` : path;
  if (isRepositoryName(repository)) return { host, repository };
  const hint = /[:@]/.test(path) ? 'it must have neither a tag nor a digest' : 'it is not the name of a repository';
  throw new InvalidReferenceError(text, hint);
}

/**
 * Parses a registry, or a prefix of its repositories: `registry`, `registry/team`.
 * @throws InvalidReferenceError
 */
export function parseRegistryReference(text: string): RegistryReference {
  // A scheme would be split at its slashes.
  if (/^https?:/i.test(text)) return { host: parseHost(text), prefix: '' };
  const [first = '', ...path] = text
    .replace(/^docker:\/\//, '')
    .replace(/\/$/, '')
    .split('/');
  const prefix = path.join('/');
  if (prefix !== '' && !isRepositoryName(prefix))
    throw new InvalidReferenceError(text, `${JSON.stringify(prefix)} is not a prefix of repository names`);
  return { host: parseHost(first, text), prefix };
}

function isHost(text: string): boolean {
  return /[.:A-Z]/.test(text) || text === 'localhost';
}
