import { RecordedChanges } from '../../core/admin/recorded-changes.ts';
import { RepositoryChanger } from '../../core/admin/repository-changer.ts';
import { REMOVAL_REFUSED } from '../../core/storage-copy/copy-on-read/removal-refused.ts';
import { immutableTagsOf } from '../../server/administration/immutable-tags.ts';
import { openJobs } from '../../server/composition/open-jobs.ts';
import { isReadOnly, loadConfiguration } from '../../server/config/index.ts';
import { toHttpSettings } from '../../server/http/http-settings.ts';
import { silentLog } from '../../server/jobs/silent-log.ts';
import type { AdminTarget, ConfiguredTarget } from '../admin/admin-target.ts';
import { chooseFile } from '../choose-file.ts';
import type { ExitCode, Program } from '../command.ts';
import { requireStorage } from '../jobs/require-storage.ts';
import { stopSignal } from '../jobs/stop-signal.ts';
import { forPeople } from './for-people.ts';
import { ANNOUNCED, doneLine, type RequestedChange } from './requested-change.ts';

/** `stowage repository delete`, `stowage repository rename`: changes a whole repository. */
export type ChangeRepositoryRequest = AdminTarget & RequestedChange;

/**
 * Deletes or renames a repository, and waits until that is done.
 * @throws Error that says why it did not complete
 */
export async function run(request: ChangeRepositoryRequest, program: Program): Promise<ExitCode | void> {
  if (request.registry === undefined) return changeStored(request, program);
  const { changeRemote } = await import('./change-remote.ts');
  return changeRemote(request, program);
}

/**
 * Does it on a storage; a registry may serve it. The same command completes a change that was interrupted.
 * SIGTERM and SIGINT stop it.
 */
async function changeStored(
  request: ConfiguredTarget & RequestedChange,
  { env, print, note, complain }: Program,
): Promise<void> {
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
  if (!change.isUnderWay) note(ANNOUNCED);
  const completing = open.core.get(RecordedChanges).settle(change, { signal: stopping.signal });
  const { tags, manifests, unreadable = 0 } = await forPeople(completing);
  print(doneLine(wanted, { tags, manifests }));
  if (unreadable > 0) complain(`${unreadable} of the tags could not be read, so they cannot come back`);
}
