import { RegistryError } from '../../../core/model/errors.ts';
import type { AuditLog } from '../../audit/audit-log.ts';
import { methodOf, type ServedRoute } from '../handled-route.ts';
import { changesNothing } from './enabled-methods.ts';
import type { RouteStep } from './route-step.ts';

/** How long the client should wait; an operator has to make room first. */
const RETRY_MS = 10_000;

/** Refuses changes while they could not be recorded, where the configuration requires that (`log.audit.required`). */
export function requireAudit(route: ServedRoute, audit: Pick<AuditLog, 'allowsChanges'>): RouteStep {
  return (ctx, next) => {
    const method = methodOf(route, ctx.method);
    if (method === undefined || changesNothing(method) || audit.allowsChanges()) return next();
    throw unrecordable();
  };
}

/** The answer to a change that could not be recorded now. */
export function unrecordable(): RegistryError {
  const reason = 'nothing may change at the moment: the audit log cannot be written';
  return new RegistryError('UNAVAILABLE', { reason }, { retryAfterMs: RETRY_MS });
}
