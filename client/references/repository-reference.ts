import { isRepositoryName, type RepositoryName } from '../../core/model/reference.ts';
import { InvalidReferenceError } from './invalid-reference-error.ts';
import { DOCKER_HUB, isDockerHub } from './registry-host.ts';

/** A repository of a registry. */
export interface RepositoryReference {
  /** With the port if there is one: `localhost:5000`; `docker.io` for Docker Hub. */
  readonly host: string;
  readonly repository: RepositoryName;
}

/** A registry, and which of its repositories are meant. */
export interface RegistryReference {
  readonly host: string;
  /** Of the names of the repositories, a whole number of components; empty for all. */
  readonly prefix: string;
}

const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/**
 * Parts a text as docker does: the part before the first `/` is a host if it has a `.`, a `:` or a capital, or is
 * `localhost`; otherwise all of it is a name on Docker Hub.
 * @param whole for the error
 * @throws InvalidReferenceError
 */
export function splitHost(text: string, whole: string): { readonly host: string; readonly path: string } {
  const slash = text.indexOf('/');
  const first = text.slice(0, slash);
  if (slash < 0 || !isHost(first)) return { host: DOCKER_HUB, path: text };
  return { host: parseHost(first, whole), path: text.slice(slash + 1) };
}

/**
 * Reads the host of a registry, as `stowage login` takes it. It is given in lower case, except for a short name, whose capital
 * tells it from a name on Docker Hub.
 * @throws InvalidReferenceError
 */
export function parseHost(text: string, whole = text): string {
  if (isDockerHub(text)) return DOCKER_HUB;
  const port = Number(/:(\d+)$/.exec(text.replace(/^\[.*\]/, ''))?.[1] ?? 1);
  if (HOST.test(text) && port >= 1 && port <= 65_535) return isHost(text.toLowerCase()) ? text.toLowerCase() : text;
  const hint = /^https?:/i.test(text)
    ? 'write it without the scheme; --plain-http asks for HTTP'
    : 'write host or host:port';
  throw new InvalidReferenceError(whole, `${JSON.stringify(text)} is not the host of a registry; ${hint}`);
}

/**
 * Reads a repository without tag or digest: `registry/name`, or `name` on Docker Hub.
 * @throws InvalidReferenceError
 */
export function parseRepositoryReference(text: string): RepositoryReference {
  const { host, path } = splitHost(text.replace(/^docker:\/\//, ''), text);
  const repository = host === DOCKER_HUB && !path.includes('/') ? `library/${path}` : path;
  if (isRepositoryName(repository)) return { host, repository };
  const hint = /[:@]/.test(path) ? 'it must have neither tag nor digest' : 'it is not the name of a repository';
  throw new InvalidReferenceError(text, hint);
}

/**
 * Reads a registry, or some of its repositories: `registry`, `registry/team`.
 * @throws InvalidReferenceError
 */
export function parseRegistryReference(text: string): RegistryReference {
  // Its slashes would part it.
  if (/^https?:/i.test(text)) return { host: parseHost(text), prefix: '' };
  const [first = '', ...path] = text
    .replace(/^docker:\/\//, '')
    .replace(/\/$/, '')
    .split('/');
  const prefix = path.join('/');
  if (prefix !== '' && !isRepositoryName(prefix))
    throw new InvalidReferenceError(text, `${JSON.stringify(prefix)} names no repositories`);
  return { host: parseHost(first, text), prefix };
}

function isHost(text: string): boolean {
  return /[.:A-Z]/.test(text) || text === 'localhost';
}
