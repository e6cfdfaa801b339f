import type { z } from 'zod';
import { CHANGING_ACTIONS, READING_ACTIONS } from '../../../core/ports/audit-record.ts';
import type { Finding } from '../engine/problem.ts';
import { flag, name, oneOf } from '../engine/scalars.ts';
import { group, listOf, setting } from '../engine/schema.ts';
import { type ConfigNode, isFilled, ListNode, nodeAt, ScalarNode } from '../engine/tree.ts';

const EVENTS = [...CHANGING_ACTIONS, ...READING_ACTIONS, 'refused', 'challenge'] as const;

/**
 * What the audit log can record: an action that was allowed, whether it succeeded or failed; `refused`, any action that
 * was not; and `challenge`, a request without credentials that was asked for some.
 */
export type AuditEvent = (typeof EVENTS)[number];

/** What the audit log holds, and where. */
export interface AuditConfiguration {
  /** As written; absent: no file. */
  readonly file?: string;
  readonly events: readonly AuditEvent[];
  /** Whether nothing may change while the file cannot be written. */
  readonly required: boolean;
}

/** Words for several events. */
const SETS = { changes: CHANGING_ACTIONS, all: EVENTS } as const satisfies Record<string, readonly AuditEvent[]>;

export const audit = group(
  {
    file: setting(name, {
      kept: 'filled',
      description: 'file to which the audit log is appended, one JSON object a line; without it there is none',
    }),
    events: setting(listOf(oneOf('changes', 'all', ...EVENTS)), {
      default: '[changes, refused]',
      description:
        'what is recorded: `changes` (everything that changes something), `refused` (everything that was not allowed, failed log-ins among it), `all`, or single actions such as `pull`; see [audit](operations/audit.md)',
    }),
    required: setting(flag, {
      default: 'false',
      kept: 'set',
      description: 'answers requests that would change something with 503 while the file cannot be written',
    }),
  },
  { reloads: true },
);

export function toAudit({ file, events, required }: z.output<typeof audit>): AuditConfiguration {
  const named = events.flatMap((event): readonly AuditEvent[] =>
    event === 'changes' || event === 'all' ? SETS[event] : [event],
  );
  return { ...(file !== undefined && { file }), events: [...new Set(named)], required };
}

/** Problems between keys of `log.audit` that are each valid alone. */
export function checkAudit(root: ConfigNode): Finding[] {
  const findings: Finding[] = [];
  const events = nodeAt(root, ['log', 'audit', 'events']);
  if (events instanceof ListNode && events.items.length === 0) {
    findings.push({ path: ['log', 'audit', 'events'], message: 'is empty, so nothing would be recorded; name events' });
  }
  const file = nodeAt(root, ['log', 'audit', 'file']);
  const required = nodeAt(root, ['log', 'audit', 'required']);
  const isRequired = required instanceof ScalarNode && /^(?:true|yes|on)$/i.test(required.text);
  if (isRequired && (file === undefined || !isFilled(file))) {
    findings.push({
      path: ['log', 'audit', 'required'],
      message: 'needs log.audit.file: without it nothing is written',
    });
  }
  return findings;
}
