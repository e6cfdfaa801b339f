import type { RouteMetrics } from '../../metrics/route-metrics.ts';
import type { RouteStep } from './route-step.ts';

/** Counts every request to a route, no matter how it ends. */
export function count(metrics: RouteMetrics): RouteStep {
  return (ctx, next) => {
    metrics.begin(ctx.req, ctx.res, ctx.state.scope.startedAt);
    return next();
  };
}
