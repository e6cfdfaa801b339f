import { RepositoryChanger, type WantedChange } from '../../core/admin/repository-changer.ts';
import { REMOVAL_REFUSED } from '../../core/storage-copy/copy-on-read/removal-refused.ts';
import { immutableTagsOf } from '../../server/administration/immutable-tags.ts';
import { openJobs } from '../../server/composition/open-jobs.ts';
import { isReadOnly, loadConfiguration } from '../../server/config/index.ts';
import { toHttpSettings } from '../../server/http/http-settings.ts';
import { silentLog } from '../../server/jobs/silent-log.ts';
import { type ConfiguredCommand, chooseFile } from '../choose-file.ts';
import type { Program } from '../command.ts';
import { requireStorage } from '../jobs/require-storage.ts';
import { stopSignal } from '../jobs/stop-signal.ts';
import { forPeople } from './for-people.ts';

/** `stowage repository delete`, `stowage repository rename`: changes a whole repository. */
export interface ChangeRepositoryRequest extends ConfiguredCommand {
  readonly kind: 'repository-delete' | 'repository-rename';
  readonly wanted: WantedChange;
  /** Whether immutable tags do not prevent it. */
  readonly force: boolean;
}

/**
 * Deletes or renames a repository; a registry may serve it. The same command completes a change that was interrupted.
 * SIGTERM and SIGINT stop it.
 * @throws Error that says why it did not complete
 */
export async function run(request: ChangeRepositoryRequest, { env, print, note, complain }: Program): Promise<void> {
  const { wanted, force } = request;
  const loaded = await loadConfiguration({ path: await chooseFile(request, { say: complain }), env });
  const settings = toHttpSettings(loaded.configuration);
  if (isReadOnly(loaded.configuration)) throw new Error('the registry is read-only');
  if (settings.copiesFrom === true) throw new Error(REMOVAL_REFUSED);
  if (!settings.deleteEnabled) {
    const why = wanted.action === 'rename' ? ', and a rename removes the old name' : '';
    throw new Error(`the configuration does not allow deletes${why}; set storage.delete.enabled to true`);
  }
  await requireStorage(loaded);
  await using open = await openJobs(loaded, { log: silentLog });
  const changer = open.core.get(RepositoryChanger);
  using stopping = stopSignal();
  const isImmutable = force ? undefined : immutableTagsOf(loaded.configuration, settings);
  const change = await forPeople(changer.announce(wanted, { isImmutable }));
  const { action, name, target } = change;
  if (!change.isUnderWay) note('announced; it begins in 20 seconds, when no instance changes the repository any more');
  const { tags, manifests, unreadable = 0 } = await forPeople(changer.complete(change, { signal: stopping.signal }));
  const done = action === 'delete' ? `deleted ${name}` : `renamed ${name} to ${target}`;
  print(`${done}: ${tags} tags, ${manifests} manifests\n`);
  if (unreadable > 0) complain(`${unreadable} of the tags could not be read, so they cannot come back`);
}
