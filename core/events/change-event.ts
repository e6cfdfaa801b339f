import type { RegistryEvent } from '../ports/event-sink.ts';
import type { RepositoryChange } from '../storage/changes/repository-change.ts';
import { eventOf } from './registry-events.ts';

/** The event of a repository that was deleted or renamed: one for all that it had. */
export function changeEvent({ action, name, target, user }: RepositoryChange): RegistryEvent {
  const details = { action, target: 'repository' } as const;
  const context = user === undefined ? {} : { actor: { name: user } };
  return target === undefined
    ? eventOf(name, details, context)
    : eventOf(target, { ...details, fromRepository: name }, context);
}
