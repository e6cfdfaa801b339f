import { type OpenRegistry, openRegistry } from '../../server/composition/open-registry.ts';
import type { OpenTrash } from '../../server/composition/open-trash.ts';
import { loadConfiguration } from '../../server/config/index.ts';
import { type ConfiguredCommand, chooseFile } from '../choose-file.ts';
import type { Program } from '../command.ts';
import { requireStorage } from '../jobs/require-storage.ts';
import { stopSignal } from '../jobs/stop-signal.ts';
import { UsageError } from '../usage-error.ts';

/** What a command works on. */
export interface TrashAction extends OpenTrash, Pick<OpenRegistry, 'announce'> {
  readonly signal: AbortSignal;
}

/**
 * Opens the trash of a storage, which a registry may serve meanwhile. SIGTERM and SIGINT stop the action.
 * @throws UsageError when the action changes something and the registry is read-only
 */
export async function withTrash(
  request: ConfiguredCommand & { readonly changes: boolean },
  { env, complain }: Program,
  action: (trash: TrashAction) => Promise<void>,
): Promise<void> {
  const path = await chooseFile(request, { say: complain });
  const loaded = await loadConfiguration({ path, env });
  await requireStorage(loaded);
  await using open = await openRegistry(loaded);
  if (request.changes && open.isReadOnly) throw new UsageError(`${path} makes its registry read-only`);
  using stopping = stopSignal();
  await action({ ...(await open.openTrash()), announce: open.announce, signal: stopping.signal });
}
