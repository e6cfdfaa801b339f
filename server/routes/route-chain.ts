import type { RouteMetrics } from '../metrics/route-metrics.ts';
import type { HandledRoute } from './handled-route.ts';
import { allowChanges } from './steps/allow-changes.ts';
import { answerOptions } from './steps/answer-options.ts';
import { authorize } from './steps/authorize.ts';
import { count } from './steps/count.ts';
import { type HandlingDependencies, handle } from './steps/handle.ts';
import { limit } from './steps/limit.ts';
import { parseRepository } from './steps/parse-repository.ts';
import type { RouteStep } from './steps/route-step.ts';

/** What the steps of a route work with. */
export interface ChainDependencies extends HandlingDependencies {
  /** Absent without metrics. */
  readonly metrics: RouteMetrics | undefined;
}

/**
 * The steps that a request to a route passes, in this order, once `ctx.state.parameters` is set. The handler runs only
 * after all of them. Refused requests are counted as well, so counting comes first.
 */
export function routeChain(handled: HandledRoute, dependencies: ChainDependencies): readonly RouteStep[] {
  const { route } = handled;
  const { settings, metrics } = dependencies;
  return [
    ...(metrics === undefined ? [] : [count(metrics)]),
    parseRepository(route),
    limit,
    answerOptions(route, settings),
    authorize(route, dependencies),
    allowChanges(route, settings),
    handle(handled, dependencies),
  ];
}
