import type { Bench } from './bench/bench.ts';
import type { Capability } from './capability.ts';

/** How strongly a rule binds a registry (RFC 2119). A missing MAY never counts against a registry. */
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

/** One rule, and how to find out whether a registry follows it. */
export interface Check {
  /** Its meaning never changes once published: `<group>/<rule>` in kebab case. */
  readonly id: `${Group}/${string}`;
  /** The rule as a sentence without a full stop: `a blob that does not exist is answered with 404`. */
  readonly title: string;
  readonly level: Level;
  readonly group: Group;
  /** The source of the rule: the section of the distribution-spec, or of the documentation of a client. */
  readonly section: string;
  readonly link: string;
  /** Who suffers from a registry that breaks it, and what they see: a sentence without a full stop. */
  readonly suffers: { readonly clients: readonly [Client, ...Client[]]; readonly what: string };
  /** The check is skipped, with the reason, if one of these is missing. Default: none. */
  readonly needs?: readonly Capability[];
  /** Whether no other check may run at the same time. Default: false. */
  readonly alone?: boolean;
  /**
   * Tests the rule. What it pushes through `bench` is removed at the end; it must release anything else itself.
   * @throws CheckFailure when the rule is broken
   * @throws SkippedCheck when the rule cannot be judged for this registry
   */
  readonly run: (bench: Bench) => Promise<void>;
}
