import type { RepositoryName } from '../../core/model/reference.ts';

/** What a request needs a token for. */
export interface Access {
  /** Scopes as token servers know them: `repository:team/app:pull,push`. */
  readonly scopes: readonly string[];
  /** Credentials can be for one repository. */
  readonly repository?: RepositoryName | undefined;
}

/** Reading of a repository. */
export function pullFrom(repository: RepositoryName): Access {
  return { repository, scopes: [`repository:${repository}:pull`] };
}

/** Writing to a repository, also with a blob that another one has. */
export function pushTo(repository: RepositoryName, from?: RepositoryName): Access {
  const source = from === undefined ? [] : [`repository:${from}:pull`];
  return { repository, scopes: [`repository:${repository}:pull,push`, ...source] };
}

/** Removing from a repository. */
export function deleteFrom(repository: RepositoryName): Access {
  return { repository, scopes: [`repository:${repository}:pull,delete`] };
}

/** Listing the repositories. */
export const LIST_CATALOG: Access = { scopes: ['registry:catalog:*'] };

/** Being let in. */
export const NO_ACCESS: Access = { scopes: [] };
