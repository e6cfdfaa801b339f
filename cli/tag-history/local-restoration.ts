import type { TagRestoration } from '../../core/admin/tag-restoration.ts';
import { openJobs } from '../../server/composition/open-jobs.ts';
import { openTagRestoration } from '../../server/composition/open-tag-history.ts';
import { isReadOnly, loadConfiguration } from '../../server/config/index.ts';
import { silentLog } from '../../server/jobs/silent-log.ts';
import type { ConfiguredTarget } from '../admin/admin-target.ts';
import { localFailure } from '../admin/local-administration.ts';
import { chooseFile } from '../choose-file.ts';
import type { Program } from '../command.ts';
import { requireStorage } from '../jobs/require-storage.ts';
import { UsageError } from '../usage-error.ts';

/**
 * Opens the registry of a configuration, with what forbids its tags to be moved; another process may serve it meanwhile.
 * @throws UsageError when the registry is read-only; ClientFailure
 */
export async function withLocalRestoration(
  request: ConfiguredTarget & { readonly kind: string },
  { env, complain }: Program,
  action: (restoration: TagRestoration) => Promise<void>,
): Promise<void> {
  const path = await chooseFile(request, { say: complain });
  const loaded = await loadConfiguration({ path, env });
  if (isReadOnly(loaded.configuration)) throw new UsageError(`${path} makes its registry read-only`);
  await requireStorage(loaded);
  await using open = await openJobs(loaded, { log: silentLog, opensRegistry: true });
  if (open.changing === undefined) throw new Error('the registry was not opened');
  try {
    await action(openTagRestoration(open.core, open.changing.registry.manifests));
  } catch (error) {
    throw localFailure(error);
  }
}
