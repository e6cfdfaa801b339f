import type { HttpSettings } from '../../http/http-settings.ts';
import { isAdministration, type ServedRoute } from '../handled-route.ts';
import { noSuchRoute } from '../no-such-route.ts';
import type { RouteStep } from './route-step.ts';

/** Answers requests to a route of administration like those to a path that no route has, while the admin API is off. */
export function offerAdministration(route: ServedRoute, settings: Pick<HttpSettings, 'adminEnabled'>): RouteStep[] {
  if (!isAdministration(route)) return [];
  return [(ctx, next) => (settings.adminEnabled === true ? next() : noSuchRoute(ctx))];
}
