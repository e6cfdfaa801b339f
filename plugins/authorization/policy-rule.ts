import type { BlockList } from 'node:net';
import type { RepositoryRulePattern } from './repository-rule-pattern.ts';
import type { WeeklyHours } from './weekly-hours.ts';

/** The actions of a policy, the weakest first. */
export const POLICY_ACTIONS = ['list', 'pull', 'push', 'overwrite', 'delete', 'admin'] as const;

/**
 * One of them: `list` shows the name of a repository in the catalog, `push` sets new tags, `overwrite` moves a tag, and
 * `admin` allows everything.
 */
export type PolicyAction = (typeof POLICY_ACTIONS)[number];

/** A rule as the configuration has it. */
export interface PolicyRule {
  /** What people call it, such as `rule 3` or a name that the operator has given. */
  readonly name: string;
  readonly effect: 'allow' | 'deny';
  readonly repositories: readonly RepositoryRulePattern[];
  readonly users: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
  /** Whether it is for clients without a user name. */
  readonly anonymous: boolean;
  /** Whether it is for every user with a name. */
  readonly authenticated: boolean;
  /** With those that follow from them, see {@link withImplied}. */
  readonly actions: ReadonlySet<PolicyAction>;
  /** The networks from which clients must come; from all when absent. */
  readonly networks: BlockList | undefined;
  /** When it holds; always when absent. */
  readonly hours: WeeklyHours | undefined;
}

const IMPLIED: Readonly<Record<PolicyAction, readonly PolicyAction[]>> = {
  list: [],
  pull: ['list'],
  push: ['list', 'pull'],
  overwrite: ['list', 'pull', 'push'],
  delete: ['list'],
  admin: POLICY_ACTIONS,
};

/** Actions with those without which they cannot be done: a client that pushes also pulls. */
export function withImplied(actions: readonly PolicyAction[]): ReadonlySet<PolicyAction> {
  return new Set(actions.flatMap((action) => [action, ...IMPLIED[action]]));
}
