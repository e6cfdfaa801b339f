import type { Middleware } from 'koa';
import type { RepositoryName } from '../../../core/model/reference.ts';
import type { Grant } from '../../../core/ports/access-controller.ts';
import type { RequestState } from '../../http/request-scope.ts';

/** What the steps of a route hand to those after them. */
export interface RouteState extends RequestState {
  /** What the path has for each `<…>` of the route, still to be parsed. */
  parameters: Readonly<Record<string, string>>;
  /** The repository of the path; absent where the route has none. */
  name: RepositoryName | undefined;
  /** What the access controller has granted; absent where it is not asked. */
  grant?: Grant;
}

/** One step of the way to a handler: it refuses the request, answers it, or lets it pass to the next step. */
export type RouteStep = Middleware<RouteState>;
