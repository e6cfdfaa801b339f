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

/** A rule of the configuration. */
export interface PolicyRule {
  /** Its name for people, such as `rule 3` or one from the operator. */
  readonly name: string;
  readonly effect: 'allow' | 'deny';
  readonly repositories: readonly RepositoryRulePattern[];
  readonly users: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
  /** Whether it applies to clients without a user name. */
  readonly anonymous: boolean;
  /** Whether it applies to every user with a name. */
  readonly authenticated: boolean;
  /** The actions, including implied ones, see {@link withImplied}. */
  readonly actions: ReadonlySet<PolicyAction>;
  /** The networks that clients must come from. Default: all. */
  readonly networks: BlockList | undefined;
  /** When it applies. Default: always. */
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

/** Adds the actions that others require: a client that pushes also pulls. */
export function withImplied(actions: readonly PolicyAction[]): ReadonlySet<PolicyAction> {
  return new Set(actions.flatMap((action) => [action, ...IMPLIED[action]]));
}
