import { isRepositoryName, type RepositoryName } from '../../core/model/reference.ts';
import type { Environment } from '../../server/config/index.ts';
import type { AdminTarget } from '../admin/admin-target.ts';
import type { CommandOptions } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import { configurationPath } from './configuration-path.ts';
import { givenConnection } from './given-transfer.ts';
import { CONNECTION } from './shared-options.ts';

/** Of commands that work on a storage or on a registry that runs. */
export const ADMIN_TARGET = {
  registry: {
    type: 'string',
    value: 'host',
    description: 'work through the admin API of this registry, instead of on the storage of a configuration',
    completes: 'none',
  },
  ...CONNECTION,
} as const satisfies CommandOptions;

/** What these commands say of it. */
export const ADMIN_DETAILS =
  'With --registry, the command uses the admin API of a registry that runs, with the stored log-in of an administrator. Otherwise it works on the storage that a configuration names, which a registry may serve meanwhile.';

type AdminValues = Parameters<typeof givenConnection>[0] & { readonly registry?: string | undefined };

/**
 * Where a command works, as its arguments say.
 * @param argument the configuration file, where one was named
 * @throws UsageError
 */
export function givenAdminTarget(argument: string | undefined, values: AdminValues, env: Environment): AdminTarget {
  const { registry } = values;
  if (registry === '') throw new UsageError('--registry names no host');
  if (registry !== undefined) {
    if (argument !== undefined) throw new UsageError('give a configuration or --registry, not both');
    return { registry, connection: givenConnection(values) };
  }
  const given = Object.keys(CONNECTION).find((name) => values[name as keyof typeof CONNECTION] !== undefined);
  if (given !== undefined) throw new UsageError(`--${given} goes with --registry`);
  return { path: configurationPath(argument, env) };
}

/**
 * The name of a repository.
 * @throws UsageError
 */
export function givenRepository(text: string): RepositoryName {
  if (isRepositoryName(text)) return text;
  throw new UsageError(`${JSON.stringify(text)} is not the name of a repository; write one such as team/app`);
}
