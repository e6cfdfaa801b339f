import type { MethodDescriptor, RouteDescriptor } from '../../core/api/route-descriptor.ts';

type AnyHandler = (context: never) => Promise<void>;

/** The part of a route's description that its steps follow. */
export type ServedRoute = Pick<RouteDescriptor, 'name' | 'repository'> & {
  readonly methods: readonly ServedMethod[];
};

/** Whether a route belongs to the admin API, which may be off. */
export function isAdministration({ name }: Pick<ServedRoute, 'name'>): boolean {
  return name.startsWith('admin-');
}

/** One method of such a route. */
export type ServedMethod = Pick<MethodDescriptor, 'method' | 'access'>;

/** A route with exactly one handler for each of its methods. */
export interface HandledRoute {
  readonly route: ServedRoute;
  readonly handlers: Readonly<Record<string, AnyHandler | undefined>>;
}

/**
 * Joins a route with its handlers.
 * @throws TypeError when a method has no handler, or a handler has no method
 */
export function handledRoute(route: ServedRoute, handlers: HandledRoute['handlers']): HandledRoute {
  const described = route.methods.map(({ method }) => method).sort();
  const handled = Object.keys(handlers).sort();
  if (described.join() === handled.join()) return { route, handlers };
  throw new TypeError(
    `route ${route.name} describes the methods ${described.join()}, but has handlers for ${handled.join()}`,
  );
}

/** The description of a method; `undefined` for one that the route does not have. */
export function methodOf(route: ServedRoute, method: string): ServedMethod | undefined {
  return route.methods.find((candidate) => candidate.method === method);
}
