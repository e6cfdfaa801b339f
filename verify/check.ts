import type { Bench } from './bench/bench.ts';
import type { Capability } from './capability.ts';

/** How strongly a rule binds a registry (RFC 2119). A MAY that a registry does not do is never held against it. */
export const LEVELS = ['MUST', 'SHOULD', 'MAY'] as const;
export type Level = (typeof LEVELS)[number];

/** The groups of checks, in the order in which they run. */
export const GROUPS = [
  'pull',
  'push',
  'ranges',
  'errors',
  'discovery',
  'referrers',
  'delete',
  'resume',
  'concurrency',
  'limits',
  'auth',
  'clients',
] as const;
export type Group = (typeof GROUPS)[number];

/** Clients whose users would notice that a rule is broken. */
type Client = 'docker' | 'containerd' | 'podman' | 'buildkit' | 'helm' | 'oras' | 'cosign' | 'any client';

/** One rule, and how it is found out whether a registry keeps it. */
export interface Check {
  /** Never changes its meaning once published: `<group>/<what holds>` in kebab case. */
  readonly id: `${Group}/${string}`;
  /** The rule as a sentence without a full stop: `a blob that does not exist is answered by 404`. */
  readonly title: string;
  readonly level: Level;
  readonly group: Group;
  /** Where the rule is written: the section of the distribution-spec, or of the documentation of a client. */
  readonly section: string;
  readonly link: string;
  /** Who suffers from a registry that breaks it, and what they see: a sentence without a full stop. */
  readonly suffers: { readonly clients: readonly [Client, ...Client[]]; readonly what: string };
  /** It is skipped, with the reason, when one of these was not seen. Default: none. */
  readonly needs?: readonly Capability[];
  /** Whether no other check may run at the same time. Default: false. */
  readonly alone?: boolean;
  /**
   * Finds out. What it pushes over `bench` is removed at the end; what it opens otherwise it must release itself.
   * @throws CheckFailure when the rule is broken
   * @throws SkippedCheck when it cannot be decided for this registry
   */
  readonly run: (bench: Bench) => Promise<void>;
}
