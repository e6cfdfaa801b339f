import { queryOf } from '../../http/query.ts';
import type { RouteStep } from './route-step.ts';

/** Reads the query; refuses one that costs more than a request may, before anybody is asked for credentials. */
export const limit: RouteStep = (ctx, next) => {
  ctx.state.query = queryOf(ctx);
  return next();
};
