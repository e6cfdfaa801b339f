import { parseHost } from '../../client/references/repository-reference.ts';
import { UsageError } from '../usage-error.ts';

/** A registry as a command line names it. */
export interface GivenRegistry {
  /** With the port if there is one. */
  readonly host: string;
  /** Absent where only a host was given. */
  readonly scheme: 'http' | 'https' | undefined;
}

/**
 * Reads a registry: a host, or the URL of its API.
 * @throws UsageError for a URL with a user, or with a path other than `/v2/`
 * @throws InvalidReferenceError when the host is none
 */
export function parseRegistryUrl(text: string): GivenRegistry {
  const [, scheme, rest = text] = /^(https?):\/\/(.*)$/is.exec(text) ?? [];
  const [host = '', ...path] = rest.split('/');
  if (host.includes('@')) throw new UsageError('give the user with --username, not in the URL');
  if (!['', 'v2', 'v2/'].includes(path.join('/')))
    throw new UsageError(
      `the API of a registry is at /v2/ of its host; give ${host}, and repositories with --namespace`,
    );
  return { host: parseHost(host), scheme: scheme?.toLowerCase() as GivenRegistry['scheme'] };
}
