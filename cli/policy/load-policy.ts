import type { Policy } from '../../plugins/authorization/policy.ts';
import { createPolicy } from '../../plugins/authorization/policy-settings.ts';
import { loadConfiguration } from '../../server/config/index.ts';
import { type ConfiguredCommand, chooseFile } from '../choose-file.ts';
import type { Program } from '../command.ts';
import { UsageError } from '../usage-error.ts';

/**
 * The policy of a configuration.
 * @throws ConfigurationError if the configuration has mistakes; UsageError if it has no policy
 */
export async function loadPolicy(command: ConfiguredCommand, { env, complain }: Program): Promise<Policy> {
  const path = await chooseFile(command, { say: complain });
  const { authorization } = (await loadConfiguration({ path, env })).configuration;
  if (authorization === undefined) {
    throw new UsageError(`${path} has no section "authorization": every client that "auth" lets in may do everything`);
  }
  return createPolicy(authorization);
}
