import type { AccessLimit } from '../auth/credentials/identity.ts';
import type { Scope } from '../auth/scope.ts';
import type { Policy, PolicySubject } from './policy.ts';

const ACTIONS = ['pull', 'push', 'delete'] as const;

/** Who asks for scopes, and the limit of the credentials, if they have one. */
export interface ScopesSubject extends PolicySubject {
  readonly limit: AccessLimit | undefined;
}

/**
 * The part of the scopes that a policy and the limit of the credentials allow; `*` becomes all allowed actions. Scopes
 * without an allowed action are left out.
 */
export function grantedScopes(policy: Policy, subject: ScopesSubject, scopes: readonly Scope[]): readonly Scope[] {
  return scopes
    .map((scope) => ({ ...scope, actions: grantedActions(policy, subject, scope) }))
    .filter(({ actions }) => actions.length > 0);
}

function grantedActions(policy: Policy, subject: ScopesSubject, { type, name, actions }: Scope): readonly string[] {
  const { limit } = subject;
  if (type === 'registry') {
    const isListing =
      name === 'catalog' && actions.includes('*') && limit?.allows({ type, name, action: '*' }) !== false;
    return isListing && policy.mayAnywhere('list', subject) ? ['*'] : [];
  }
  if (type !== 'repository') return [];
  const may = (action: (typeof ACTIONS)[number] | 'admin'): boolean => {
    if (limit?.allows({ type, name, action: action === 'admin' ? '*' : action }) === false) return false;
    return name === '*'
      ? policy.mayEverywhere(action, subject)
      : policy.decide({ repository: name, action }, subject).isAllowed;
  };
  const allowed = ACTIONS.filter((action) => (actions.includes(action) || actions.includes('*')) && may(action));
  return actions.includes('*') && may('admin') ? ['*', ...allowed] : allowed;
}
