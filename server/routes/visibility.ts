import type { RepositoryName } from '../../core/model/reference.ts';
import type { Grant } from '../../core/ports/access-controller.ts';

/** Whether the client may see the repository in the catalog. */
export function mayList(grant: Grant, name: RepositoryName): boolean {
  return grant.mayList === undefined ? mayPull(grant, name) : grant.mayList(name);
}

/**
 * Whether the client may pull from the repository, as far as its grant says; `false` for a grant that cannot tell.
 * @throws Error when the access controller returns a promise
 */
export function mayPull(grant: Grant, name: RepositoryName): boolean {
  const answer: unknown = grant.allows?.({ type: 'repository', name, action: 'pull' });
  if (answer instanceof Promise) {
    // Whatever it becomes, nothing else would take its rejection.
    answer.catch(() => undefined);
    throw new Error('Grant.allows of the access controller returned a promise; it must return a boolean');
  }
  return answer === true;
}
