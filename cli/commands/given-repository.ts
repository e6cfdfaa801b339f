import { RegistryError } from '../../core/model/errors.ts';
import { parseRepositoryName, type RepositoryName } from '../../core/model/reference.ts';
import type { CommandOptions } from '../command.ts';
import { UsageError } from '../usage-error.ts';

/** Of commands that change a whole repository. */
export const FORCE = {
  force: { type: 'boolean', description: 'even if it has immutable tags' },
} as const satisfies CommandOptions;

/**
 * The name of a repository of the configured registry, without a host.
 * @throws UsageError
 */
export function givenRepository(text: string): RepositoryName {
  try {
    return parseRepositoryName(text);
  } catch (error) {
    if (!RegistryError.is(error)) throw error;
    throw new UsageError(`${JSON.stringify(text)} is no name of a repository; expected one such as team/app`);
  }
}
