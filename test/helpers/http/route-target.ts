import type { RouteDescriptor } from '../../../core/api/route-descriptor.ts';

/** A route, as far as its path and query name something. */
export type NamingRoute = Pick<RouteDescriptor, 'path' | 'repository'>;

/**
 * Path and query of a request to a route that has, or may have, a repository.
 * @param named what is named, by the parameters of routes: `name` is the repository
 * @throws Error when a parameter of the route is not named
 * @param query what else the query says
 */
export function routeTarget(
  { path, repository }: NamingRoute,
  named: Readonly<Record<string, string>>,
  query = '',
): string {
  const target = path.replaceAll(/<(\w+)>/g, (_all, parameter: string) => {
    const word = named[parameter];
    if (word === undefined) throw new Error(`${path} needs a ${parameter}`);
    return word;
  });
  const parts = [...(repository === 'query' ? [`repository=${named['name']}`] : []), ...(query === '' ? [] : [query])];
  return parts.length === 0 ? target : `${target}?${parts.join('&')}`;
}
