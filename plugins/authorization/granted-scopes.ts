import type { Scope } from '../auth/scope.ts';
import type { Policy, PolicySubject } from './policy.ts';

const ACTIONS = ['pull', 'push', 'delete'] as const;

/** The part of the scopes that a policy allows; `*` becomes all allowed actions. Scopes without an allowed action are left out. */
export function grantedScopes(policy: Policy, subject: PolicySubject, scopes: readonly Scope[]): readonly Scope[] {
  return scopes
    .map((scope) => ({ ...scope, actions: grantedActions(policy, subject, scope) }))
    .filter(({ actions }) => actions.length > 0);
}

function grantedActions(policy: Policy, subject: PolicySubject, { type, name, actions }: Scope): readonly string[] {
  if (type === 'registry') {
    const isListing = name === 'catalog' && actions.includes('*');
    return isListing && policy.mayAnywhere('list', subject) ? ['*'] : [];
  }
  if (type !== 'repository') return [];
  const may = (action: (typeof ACTIONS)[number] | 'admin'): boolean =>
    name === '*'
      ? policy.mayEverywhere(action, subject)
      : policy.decide({ repository: name, action }, subject).isAllowed;
  const allowed = ACTIONS.filter((action) => (actions.includes(action) || actions.includes('*')) && may(action));
  return actions.includes('*') && may('admin') ? ['*', ...allowed] : allowed;
}
