import { RegistryError } from '../../../core/model/errors.ts';
import { parseRepositoryName, type RepositoryName } from '../../../core/model/reference.ts';
import { type Query, queryOf } from '../../http/query.ts';
import type { ServedRoute } from '../handled-route.ts';
import type { RouteStep } from './route-step.ts';

/** Parses the name of the repository in the path, or in the query; refuses a name that breaks the grammar. */
export function parseRepository(route: ServedRoute): RouteStep {
  return (ctx, next) => {
    ctx.state.name =
      route.repository === 'query' ? repositoryIn(queryOf(ctx)) : repositoryOf(route, ctx.state.parameters);
    return next();
  };
}

// A route that lacks a name by mistake must not bypass the access controller.
function repositoryOf(route: ServedRoute, parameters: Readonly<Record<string, string>>): RepositoryName | undefined {
  if (!route.repository) return undefined;
  const text = parameters['name'];
  if (text === undefined)
    throw new RegistryError('DENIED', { route: route.name, reason: 'the route names no repository' });
  return parseRepositoryName(text);
}

function repositoryIn(query: Query): RepositoryName | undefined {
  const [text, ...others] = query.all('repository');
  if (others.length > 0) throw new RegistryError('NAME_INVALID', { reason: 'the query names several repositories' });
  return text === undefined ? undefined : parseRepositoryName(text);
}
