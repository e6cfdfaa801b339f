import { AuditLog } from '../../../server/audit/audit-log.ts';
import { silentLog } from '../../../server/jobs/silent-log.ts';

/** An audit log that records nothing. */
export function noAudit(): AuditLog {
  const sinks = { takesRecords: false, publishRecord: () => undefined };
  return new AuditLog({ log: silentLog, metrics: undefined, sinks }, { baseFolder: '.' });
}
