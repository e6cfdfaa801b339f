import { TrashAdministration } from '../../core/admin/trash-administration.ts';
import { openRegistry } from '../../server/composition/open-registry.ts';
import { loadConfiguration } from '../../server/config/index.ts';
import type { ConfiguredTarget } from '../admin/admin-target.ts';
import { localFailure } from '../admin/local-administration.ts';
import { chooseFile } from '../choose-file.ts';
import type { ExitCode, Program } from '../command.ts';
import { requireStorage } from '../jobs/require-storage.ts';
import { stopSignal } from '../jobs/stop-signal.ts';
import { UsageError } from '../usage-error.ts';

/**
 * Opens the trash of a storage, which a registry may serve meanwhile. SIGTERM and SIGINT stop the action.
 * @throws UsageError when the action changes something and the registry is read-only
 */
export async function withLocalTrash(
  request: ConfiguredTarget & { readonly kind: string; readonly changes: boolean },
  { env, complain }: Program,
  action: (trash: TrashAdministration, signal: AbortSignal) => Promise<ExitCode | void>,
): Promise<ExitCode | void> {
  const path = await chooseFile(request, { say: complain });
  const loaded = await loadConfiguration({ path, env });
  await requireStorage(loaded);
  await using open = await openRegistry(loaded);
  if (request.changes && open.isReadOnly) throw new UsageError(`${path} makes its registry read-only`);
  using stopping = stopSignal();
  const { validation } = loaded.configuration;
  const trash = new TrashAdministration({ ...(await open.openTrash()), announce: open.announce, validation });
  try {
    return await action(trash, stopping.signal);
  } catch (error) {
    throw localFailure(error);
  }
}
