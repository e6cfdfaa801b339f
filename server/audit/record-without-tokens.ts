import type { AuditRecord } from '../../core/ports/audit-record.ts';
import { withoutTokens } from '../../plugins/auth/without-tokens.ts';

/** A record without the tokens in its texts: people send them as the name of a user, or in a path. */
export function recordWithoutTokens(record: AuditRecord): AuditRecord {
  const fields = Object.entries(record).map(([field, value]: [string, unknown]) => [field, shown(value)] as const);
  const shownRecord: Readonly<Record<string, unknown>> = Object.fromEntries(fields);
  return { ...record, ...shownRecord };
}

function shown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shown);
  return typeof value === 'string' ? withoutTokens(value) : value;
}
