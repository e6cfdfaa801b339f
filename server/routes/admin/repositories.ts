import { RegistryError } from '../../../core/model/errors.ts';
import { isRepositoryName, type RepositoryName } from '../../../core/model/reference.ts';
import type { RepositoryAdministration } from '../../administration/repository-administration.ts';
import type { Query } from '../../http/query.ts';
import { sendJson } from '../../http/responses.ts';
import type { Handler, Handlers } from '../route-context.ts';
import { ADMINISTRATION } from '../steps/authorize.ts';
import { noteAsked } from './note-asked.ts';
import { queryFlag } from './query-flag.ts';

/** A repository as a whole. */
export function adminRepositoryRoutes(repositories: RepositoryAdministration): Handlers<'admin-repository'> {
  return {
    DELETE: async ({ ctx, name, call, authorize }) => {
      if (name === undefined) throw new RegistryError('NAME_INVALID', { reason: 'the query has no "repository"' });
      const force = queryFlag(ctx.state.query, 'force');
      noteAsked(ctx, { repository: name, force });
      // A rule may deny deletes to administrators. Who owns one repository does not decide on immutable tags.
      await authorize([{ type: 'repository', name, action: 'delete' }, ...(force ? [ADMINISTRATION] : [])]);
      const wanted = { action: 'delete', name, user: call.actor?.name } as const;
      sendJson(ctx, 202, JSON.stringify(await repositories.change(wanted, force)));
    },
  };
}

/** The changes of repositories that have not ended. */
export function adminRepositoryChangesRoutes(
  repositories: RepositoryAdministration,
): Handlers<'admin-repository-changes'> {
  const list: Handler<'admin-repository-changes'> = async ({ ctx }) => {
    sendJson(ctx, 200, JSON.stringify({ changes: await repositories.changes() }));
  };
  return {
    GET: list,
    HEAD: list,
    POST: async ({ ctx, call, authorize }) => {
      const { query } = ctx.state;
      const [name, target, force] = [nameIn(query, 'from'), nameIn(query, 'to'), queryFlag(query, 'force')];
      noteAsked(ctx, { repository: target, fromRepository: name, force });
      const into = { type: 'repository', name: target } as const;
      await authorize([
        { type: 'repository', name, action: 'delete' },
        { ...into, action: 'pull' },
        { ...into, action: 'push' },
      ]);
      const wanted = { action: 'rename', name, target, user: call.actor?.name } as const;
      sendJson(ctx, 202, JSON.stringify(await repositories.change(wanted, force)));
    },
    DELETE: async ({ ctx }) => {
      const name = nameIn(ctx.state.query, 'name');
      noteAsked(ctx, { repository: name });
      sendJson(ctx, 202, JSON.stringify(await repositories.withdraw(name)));
    },
  };
}

/** How far a change is. */
export function adminRepositoryChangeRoutes(
  repositories: RepositoryAdministration,
): Handlers<'admin-repository-change'> {
  const show: Handler<'admin-repository-change'> = async ({ ctx, name, parameters }) => {
    sendJson(ctx, 200, JSON.stringify(await repositories.find(parameters.change, name)));
  };
  return { GET: show, HEAD: show };
}

function nameIn(query: Pick<Query, 'first'>, parameter: string): RepositoryName {
  const text = query.first(parameter);
  if (text !== undefined && isRepositoryName(text)) return text;
  const reason = text === undefined ? `"${parameter}" is missing` : `"${parameter}" is no name of a repository`;
  throw new RegistryError('QUERY_INVALID', { reason });
}
