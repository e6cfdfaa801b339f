import type { Middleware } from 'koa';
import { RegistryError } from '../../core/model/errors.ts';
import type { RequestState } from '../http/request-scope.ts';
import { sendJson } from '../http/responses.ts';
import type { Readiness } from './readiness.ts';

/**
 * Answers `/livez` (this process works) and `/readyz` (this instance should get requests) for orchestrators and load
 * balancers: without authorization, outside the prefix and the access log.
 */
export function probes(readiness: Pick<Readiness, 'problems'>): Middleware<RequestState> {
  return async (ctx, next) => {
    const isProbe = (ctx.path === '/livez' || ctx.path === '/readyz') && /^(?:GET|HEAD)$/.test(ctx.method);
    if (!isProbe) {
      await next();
      return;
    }
    ctx.set('Cache-Control', 'no-store');
    const problems = ctx.path === '/livez' ? undefined : await readiness.problems();
    if (problems !== undefined) return sendJson(ctx, 503, JSON.stringify(problems));
    ctx.status = 200;
    ctx.set('Content-Type', 'text/plain; charset=utf-8');
    ctx.body = Buffer.from('ok');
  };
}

/** Refuses all requests while a configured health check fails, as distribution does. */
export function onlyWhenHealthy(readiness: Pick<Readiness, 'failingChecks'>): Middleware<RequestState> {
  return (_, next) => {
    const failing = readiness.failingChecks;
    if (failing === undefined) return next();
    // Which check fails is for operators, who find it at /readyz, in /debug/health and in the log.
    throw new RegistryError('UNAVAILABLE', { reason: 'a health check of the registry fails' });
  };
}
