import { RegistryError } from '../../../core/model/errors.ts';
import type { RepositoryName } from '../../../core/model/reference.ts';

/**
 * The repository that the query names, for a method that needs one.
 * @throws RegistryError `NAME_INVALID` when it names none
 */
export function requiredRepository(name: RepositoryName | undefined): RepositoryName {
  if (name !== undefined) return name;
  throw new RegistryError('NAME_INVALID', { reason: 'the query must name a repository: ?repository=<name>' });
}
