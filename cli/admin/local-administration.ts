import { errorMessage } from '../../core/api/error-descriptors.ts';
import { RegistryError, RegistryErrors } from '../../core/model/errors.ts';
import type { AdministrationOfStorage } from '../../server/administration/administration.ts';
import { openLocalAdministration } from '../../server/composition/open-local-administration.ts';
import { isReadOnly, loadConfiguration } from '../../server/config/index.ts';
import { chooseFile } from '../choose-file.ts';
import { ClientFailure, clientErrorMessage } from '../client/client-failure.ts';
import type { ExitCode, Program } from '../command.ts';
import { requireStorage } from '../jobs/require-storage.ts';
import { stopSignal } from '../jobs/stop-signal.ts';
import { UsageError } from '../usage-error.ts';
import type { ConfiguredTarget } from './admin-target.ts';

/** The exit code for what does not exist. */
const NOTHING_THERE = 4;

/**
 * Runs what a command does with the storage of a configuration.
 * @throws UsageError when it changes something and the configuration is read-only
 */
export async function withLocalAdministration(
  target: ConfiguredTarget & { readonly kind: string; readonly changes: boolean },
  { env, complain }: Program,
  action: (administration: AdministrationOfStorage, signal: AbortSignal) => Promise<ExitCode | void>,
): Promise<ExitCode | void> {
  const path = await chooseFile(target, { say: complain });
  const loaded = await loadConfiguration({ path, env });
  if (target.changes && isReadOnly(loaded.configuration)) throw new UsageError(`${path} makes its registry read-only`);
  await requireStorage(loaded);
  await using open = await openLocalAdministration(loaded);
  using stopping = stopSignal();
  try {
    return await action(open, stopping.signal);
  } catch (error) {
    throw localFailure(error);
  }
}

/** The message of a RegistryError is for programs. */
export function localFailure(error: unknown): unknown {
  if (error instanceof RegistryErrors) {
    const each = error.errors.map(clientErrorMessage);
    return new ClientFailure(each.join('; '), 1, { cause: error });
  }
  if (!RegistryError.is(error)) return error;
  const reason = error.detail?.['reason'];
  const code = error.code.endsWith('_UNKNOWN') ? NOTHING_THERE : 1;
  return new ClientFailure(typeof reason === 'string' ? reason : errorMessage(error), code, { cause: error });
}
