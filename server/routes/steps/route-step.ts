import type { Middleware } from 'koa';
import type { RepositoryName } from '../../../core/model/reference.ts';
import type { Grant } from '../../../core/ports/access-controller.ts';
import type { RequestState } from '../../http/request-scope.ts';

/** What the steps of a route pass on to the next ones. */
export interface RouteState extends RequestState {
  /** The text in the path for each `<…>` of the route, not parsed yet. */
  parameters: Readonly<Record<string, string>>;
  /** The repository in the path; absent where the route has none. */
  name: RepositoryName | undefined;
  /** What the access controller has granted; absent where it is not asked. */
  grant?: Grant;
}

/** One step on the way to a handler: it refuses the request, answers it, or passes it to the next step. */
export type RouteStep = Middleware<RouteState>;
