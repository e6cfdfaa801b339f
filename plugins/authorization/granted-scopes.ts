import type { Access } from '../../core/ports/access-controller.ts';
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
  return filtered(scopes, ({ type, name, action }) => {
    if (subject.limit?.allows({ type, name, action }) === false) return false;
    if (type === 'registry') {
      return name === 'admin' ? policy.mayEverywhere('admin', subject) : policy.mayAnywhere('list', subject);
    }
    const wanted = action === '*' ? 'admin' : action;
    return name === '*'
      ? policy.mayEverywhere(wanted, subject)
      : policy.decide({ repository: name, action: wanted }, subject).isAllowed;
  });
}

/** The part of the scopes that the limit of the credentials allows, where no policy limits them further. */
export function limitedScopes(scopes: readonly Scope[], limit: AccessLimit | undefined): readonly Scope[] {
  return filtered(scopes, (access) => limit?.allows(access) !== false);
}

/** Only the catalog, administration and repositories have scopes here. */
function filtered(scopes: readonly Scope[], may: (access: Access) => boolean): readonly Scope[] {
  return scopes
    .map((scope) => ({ ...scope, actions: allowedActions(scope, may) }))
    .filter(({ actions }) => actions.length > 0);
}

function allowedActions({ type, name, actions }: Scope, may: (access: Access) => boolean): readonly string[] {
  const isAll = actions.includes('*');
  if (type === 'registry') {
    return (name === 'catalog' || name === 'admin') && isAll && may({ type, name, action: '*' }) ? ['*'] : [];
  }
  if (type !== 'repository') return [];
  const allowed = ACTIONS.filter((action) => (isAll || actions.includes(action)) && may({ type, name, action }));
  return isAll && may({ type, name, action: '*' }) ? ['*', ...allowed] : allowed;
}
