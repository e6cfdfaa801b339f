import type { AuditFacts } from '../../http/audit-facts.ts';
import type { Context } from '../../http/request-scope.ts';

/** Puts what a request asks for by its query into its audit record, also when it is refused or fails. */
export function noteAsked({ state: { scope } }: Context, asked: NonNullable<AuditFacts['asked']>): void {
  if (scope.audit === undefined) return;
  const { force, ...subject } = asked;
  scope.audit.asked = force === true ? asked : subject;
}
