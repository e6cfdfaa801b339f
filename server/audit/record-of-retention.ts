import { hostname } from 'node:os';
import type { AuditRecord } from '../../core/ports/audit-record.ts';
import type { RemovedTag } from '../../core/retention/repository-retention.ts';

const INSTANCE = hostname();

/** The record of a tag that the job `retention` has removed; no client asked for it. */
export function recordOfRetention({ name, tag, digest, rule }: RemovedTag): AuditRecord {
  return {
    at: new Date(),
    instance: INSTANCE,
    requestId: 'job:retention',
    action: 'delete',
    outcome: 'allowed',
    status: 202,
    user: 'retention',
    repository: name,
    tag,
    digest,
    rule,
  };
}
