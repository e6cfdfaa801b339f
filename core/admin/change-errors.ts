import { RegistryError } from '../model/errors.ts';
import type { RepositoryName } from '../model/reference.ts';
import type { RepositoryChange } from '../storage/changes/repository-change.ts';

/** The answer to a change of a name that another one is about. */
export function rivalError({ name, target, action, isWithdrawn }: RepositoryChange): RegistryError {
  const what = action === 'delete' ? `${name} is being deleted` : `${name} is being renamed to ${target}`;
  const reason =
    isWithdrawn === true
      ? `${what}, which was withdrawn and has not ended; try again in ten seconds, or in half an hour if its process is gone`
      : what;
  return new RegistryError('STATE_CONFLICT', { name: name satisfies RepositoryName, reason });
}

/** The answer to a caller that waits for a withdrawn change. @param why ends a sentence */
export function withdrawnError({ name, action }: RepositoryChange, why: string, cause?: unknown): RegistryError {
  return new RegistryError('STATE_CONFLICT', { name, reason: `the ${action} was not completed: ${why}` }, { cause });
}

/** The answer to a withdrawal that may come too late. */
export function beginningError({ name, target }: RepositoryChange): RegistryError {
  const reason = `a process may be about to begin the rename to ${target}; if it does not, the rename is withdrawn, at the latest within half an hour`;
  return new RegistryError('STATE_CONFLICT', { name, reason });
}

/** The answer to a process that finds no such change any more. */
export function endedError({ name }: Pick<RepositoryChange, 'name'>): RegistryError {
  return new RegistryError('STATE_CONFLICT', { name, reason: 'another process has ended the change' });
}

/** Why a change failed; the answer to the request that asked for it. */
export function reasonOf({ detail, code }: RegistryError): string {
  return typeof detail?.['reason'] === 'string' ? detail['reason'] : code;
}
