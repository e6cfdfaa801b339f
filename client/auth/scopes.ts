import type { RepositoryName } from '../../core/model/reference.ts';

/** The access for which a request needs a token. */
export interface Access {
  /** Scopes in the syntax of token servers: `repository:team/app:pull,push`. */
  readonly scopes: readonly string[];
  /** The repository, because credentials can be specific to one. */
  readonly repository?: RepositoryName | undefined;
}

/** Read access to a repository. */
export function pullFrom(repository: RepositoryName): Access {
  return { repository, scopes: [`repository:${repository}:pull`] };
}

/** Write access to a repository, optionally with a blob mounted from another one. */
export function pushTo(repository: RepositoryName, from?: RepositoryName): Access {
  const source = from === undefined ? [] : [`repository:${from}:pull`];
  return { repository, scopes: [`repository:${repository}:pull,push`, ...source] };
}

/** Delete access to a repository. */
export function deleteFrom(repository: RepositoryName): Access {
  return { repository, scopes: [`repository:${repository}:pull,delete`] };
}

/** Permission to list the repositories. */
export const LIST_CATALOG: Access = { scopes: ['registry:catalog:*'] };

/** No access beyond admission. */
export const NO_ACCESS: Access = { scopes: [] };

/** Administration of one repository, or of everything. */
export function administrate(repository?: RepositoryName): Access {
  return repository === undefined
    ? { scopes: ['registry:admin:*'] }
    : { repository, scopes: [`repository:${repository}:*`] };
}
