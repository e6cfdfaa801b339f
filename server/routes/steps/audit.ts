import type { AuditRecord } from '../../../core/ports/audit-record.ts';
import type { AuditLog } from '../../audit/audit-log.ts';
import type { AuditEvent } from '../../config/index.ts';
import { AuditFacts } from '../../http/audit-facts.ts';
import { finalStatus } from '../../http/final-status.ts';
import type { HttpSettings } from '../../http/http-settings.ts';
import { certificateSubject } from '../audit/certificate-subject.ts';
import { type EndedRequest, recordsOf, recordsOfRestored } from '../audit/records-of-request.ts';
import type { ServedRoute } from '../handled-route.ts';
import type { RouteStep } from './route-step.ts';

/** What the audit of requests works with. */
export interface AuditDependencies {
  readonly audit: AuditLog;
  readonly settings: Pick<HttpSettings, 'trustedProxies'>;
}

/**
 * Records what a request did, or was not allowed to do, once its handler has ended and its response has been sent or was cut
 * off: a client that leaves early does not hide what its request has changed.
 */
export function audit(route: ServedRoute, { audit: log, settings }: AuditDependencies): RouteStep {
  return (ctx, next) => {
    if (!log.isOn) return next();
    const { res, req, state } = ctx;
    const options = { wants: (event: AuditEvent) => log.wants(event), settings };
    const write = (records: readonly AuditRecord[]): void => {
      if (records.length > 0) log.write(records);
    };
    const facts: AuditFacts = new AuditFacts((restored) =>
      write(recordsOfRestored({ ctx, route, facts, certificate, isDone: true, status: 200 }, restored, options)),
    );
    state.scope.audit = facts;
    state.scope.tagChanged = (tag, before) => void facts.tags.set(tag, before);
    // Read now: a socket that was destroyed has none.
    const certificate = certificateSubject(req.socket);
    const record = (isDone: boolean): void => {
      const ended: EndedRequest = { ctx, route, facts, certificate, isDone, status: finalStatus(res) };
      write(recordsOf(ended, options));
    };
    const end = (isDone: boolean): void => {
      if (res.closed) record(isDone);
      else res.once('close', () => record(isDone));
    };
    return next().then(
      () => end(ctx.status < 400),
      (error: unknown) => {
        end(false);
        throw error;
      },
    );
  };
}
