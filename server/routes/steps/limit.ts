import { queryOf } from '../../http/query.ts';
import type { RouteStep } from './route-step.ts';

/** Parses the query; refuses one that is too large before the client is asked for credentials. */
export const limit: RouteStep = (ctx, next) => {
  ctx.state.query = queryOf(ctx);
  return next();
};
