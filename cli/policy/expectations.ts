import { isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { z } from 'zod';
import { isRepositoryName } from '../../core/model/reference.ts';
import type { PolicySubject } from '../../plugins/authorization/policy.ts';
import { POLICY_ACTIONS, type PolicyAction } from '../../plugins/authorization/policy-rule.ts';
import { parseAddress, parseTime } from '../subject-values.ts';
import { UsageError } from '../usage-error.ts';

/** What a policy is expected to decide. */
export interface Expectation {
  /** File and line, for messages. */
  readonly place: string;
  readonly subject: PolicySubject;
  readonly repository: string;
  readonly action: PolicyAction;
  readonly isAllowed: boolean;
  /** The name of the rule that must decide; `undefined` accepts any. */
  readonly rule: string | undefined;
}

const Action = z.enum(POLICY_ACTIONS);

const Row = z.strictObject({
  user: z.string().min(1).optional(),
  groups: z.array(z.string()).default([]),
  address: z
    .string()
    .refine((text) => parseAddress(text) !== undefined, 'must be an IP address')
    .optional(),
  time: z
    .string()
    .refine((text) => parseTime(text) !== undefined, 'must be a time such as 2026-01-05T09:00:00Z')
    .optional(),
  repository: z.string().refine(isRepositoryName, 'must be the name of a repository'),
  action: z.union([Action, z.array(Action).min(1)], `must be one or a list of ${POLICY_ACTIONS.join(', ')}`),
  allowed: z.boolean('must be true or false'),
  rule: z.string().optional(),
});

/**
 * Reads a table of expectations: a list `expect` of entries with `user`, `groups`, `address`, `time`, `repository`, `action`
 * (one or several), `allowed` and `rule`. Without `user`, the client is anonymous.
 * @throws UsageError that says what is wrong, and in which line
 */
export function parseExpectations(text: string, file: string): readonly Expectation[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, version: '1.2', schema: 'core' });
  const [error] = document.errors;
  if (error !== undefined) throw new UsageError(`${file}: ${error.message.split('\n', 1)[0] ?? 'not YAML'}`);
  const rows = isMap(document.contents) ? document.get('expect', true) : undefined;
  if (!isSeq(rows)) throw new UsageError(`${file}: it must have a list "expect"`);
  if (rows.items.length === 0)
    throw new UsageError(`${file}: the list "expect" is empty, so that nothing would be tested`);
  return rows.items.flatMap((item) => {
    const node = item as Node;
    const place = `${file}:${lines.linePos(node.range?.[0] ?? 0).line}`;
    return expectationsOf(node.toJS(document), place);
  });
}

function expectationsOf(value: unknown, place: string): readonly Expectation[] {
  const parsed = Row.safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'entry'}: ${message}`);
    throw new UsageError(`${place}: ${problems.join('; ')}`);
  }
  const { user, groups, address, time, repository, action, allowed, rule } = parsed.data;
  const nowMs = time === undefined ? Date.now() : (parseTime(time) ?? Date.now());
  const subject = { user, groups, address: parseAddress(address ?? '') ?? address, nowMs };
  return [action].flat().map((each) => ({ place, subject, repository, action: each, isAllowed: allowed, rule }));
}
