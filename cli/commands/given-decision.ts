import { isRepositoryName, type RepositoryName } from '../../core/model/reference.ts';
import type { CommandOptions } from '../command.ts';
import { parseTime } from '../subject-values.ts';
import { UsageError } from '../usage-error.ts';

/** When rules decide, in commands that explain or test them. */
export const AT = {
  at: {
    type: 'string',
    value: 'time',
    description: 'when, such as 2026-01-05T09:00:00Z; by default now',
    completes: 'none',
  },
} as const satisfies CommandOptions;

/**
 * The time of a decision, in milliseconds since 1970.
 * @throws UsageError
 */
export function givenTime({ at }: { readonly at?: string | undefined }): number {
  const ms = at === undefined ? Date.now() : parseTime(at);
  if (ms !== undefined) return ms;
  throw new UsageError(`--at must be a time such as 2026-01-05T09:00:00Z, found ${JSON.stringify(at)}`);
}

/**
 * The repository about which rules decide; the command cannot do without it.
 * @throws UsageError
 */
export function neededRepository(command: string, repository: string | undefined): RepositoryName {
  if (repository === undefined) throw new UsageError(`"${command}" needs --repository`);
  if (isRepositoryName(repository)) return repository;
  throw new UsageError(`no repository can have the name ${JSON.stringify(repository)}`);
}
