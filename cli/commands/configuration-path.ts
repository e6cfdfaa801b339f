import type { Environment } from '../../server/config/index.ts';
import type { ArgumentDefinition } from '../command.ts';
import { UsageError } from '../usage-error.ts';

/** The argument that names a configuration. */
export const CONFIGURATION = {
  description: 'the configuration file; default: the one that REGISTRY_CONFIGURATION_PATH names',
  presence: 'optional',
  completes: 'file',
} as const satisfies ArgumentDefinition;

/**
 * The configuration that the argument names, or else the variable. An empty path is refused: a default file
 * instead of the intended one could have less access control.
 * @throws UsageError
 */
export function configurationPath(argument: string | undefined, env: Environment): string | undefined {
  if (argument === '') throw new UsageError('the path of the configuration is empty');
  const path = argument ?? env['REGISTRY_CONFIGURATION_PATH'];
  if (path === '') throw new UsageError('REGISTRY_CONFIGURATION_PATH is empty; give it a path, or unset it');
  return path;
}
