import type { ParameterizedContext } from 'koa';
import type { AuditLog } from '../audit/audit-log.ts';
import type { RouteMetrics } from '../metrics/route-metrics.ts';
import type { HandledRoute } from './handled-route.ts';
import { allowChanges } from './steps/allow-changes.ts';
import { answerOptions } from './steps/answer-options.ts';
import { audit } from './steps/audit.ts';
import { authorize } from './steps/authorize.ts';
import { count } from './steps/count.ts';
import { type HandlingDependencies, handle } from './steps/handle.ts';
import { limit } from './steps/limit.ts';
import { offerAdministration } from './steps/offer-administration.ts';
import { parseRepository } from './steps/parse-repository.ts';
import { requireAudit } from './steps/require-audit.ts';
import type { RouteState, RouteStep } from './steps/route-step.ts';

/** What the steps of a route depend on. */
export interface ChainDependencies extends HandlingDependencies {
  readonly audit: AuditLog;
  /** Absent without metrics. */
  readonly metrics: RouteMetrics | undefined;
}

/** All steps of a route, from the first one to the handler. */
export type RouteChain = (ctx: ParameterizedContext<RouteState>) => Promise<void> | undefined;

/**
 * The steps that a request to a route passes, in this order, once `ctx.state.parameters` is set. The handler runs only
 * after all of them. Refused requests are counted as well, so counting comes first;
 * requests to an API that is off are not.
 */
export function routeChain(handled: HandledRoute, dependencies: ChainDependencies): RouteChain {
  const { route } = handled;
  const { settings, metrics } = dependencies;
  return inSequence([
    ...offerAdministration(route, settings),
    ...(metrics === undefined ? [] : [count(metrics)]),
    audit(route, dependencies),
    parseRepository(route),
    limit,
    answerOptions(route, settings),
    authorize(route, dependencies),
    allowChanges(route, settings),
    requireAudit(route, dependencies.audit),
    handle(handled, dependencies),
  ]);
}

/** The steps as one. They are tied together here, instead of for each request. */
function inSequence(steps: readonly RouteStep[]): RouteChain {
  const end: RouteChain = () => undefined;
  return steps.reduceRight<RouteChain>(
    (following, step) => (ctx) => step(ctx, async () => following(ctx)) as Promise<void> | undefined,
    end,
  );
}
