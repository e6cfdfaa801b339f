import type { Access } from '../../client/auth/scopes.ts';
import { parseRepositoryReference } from '../../client/references/repository-reference.ts';

const REPOSITORY = /^\/v2\/(.+)\/(?:manifests|blobs|tags|referrers)\//;

/**
 * The access to request a token for. None is requested for an invalid repository name.
 * @param given.repository the repository, if the URL does not contain it
 */
export function accessFor(
  method: string,
  target: string,
  { repository, from }: { readonly repository: string; readonly from: string | undefined },
): Access {
  const path = target.startsWith('/') ? target : new URL(target).pathname;
  const named = REPOSITORY.exec(path)?.[1] ?? (path === '/v2/' ? undefined : repository);
  const known = named === undefined ? undefined : nameOf(named);
  if (known === undefined) return { scopes: [] };
  const actions =
    method === 'GET' || method === 'HEAD' ? 'pull' : method === 'DELETE' ? 'pull,push,delete' : 'pull,push';
  const source = from === undefined ? [] : [`repository:${from}:pull`];
  return { repository: known, scopes: [`repository:${known}:${actions}`, ...source] };
}

function nameOf(text: string): Access['repository'] {
  try {
    return parseRepositoryReference(`localhost/${text}`).repository;
  } catch {
    return undefined;
  }
}
