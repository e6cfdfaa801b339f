import { RecordedChanges } from '../../core/admin/recorded-changes.ts';
import { RepositoryChanger } from '../../core/admin/repository-changer.ts';
import { RegistryError } from '../../core/model/errors.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import { namesOf, type RepositoryChange } from '../../core/storage/changes/repository-change.ts';
import { openJobs } from '../../server/composition/open-jobs.ts';
import { isReadOnly, loadConfiguration } from '../../server/config/index.ts';
import { silentLog } from '../../server/jobs/silent-log.ts';
import { type ConfiguredCommand, chooseFile } from '../choose-file.ts';
import type { Program } from '../command.ts';
import { requireStorage } from '../jobs/require-storage.ts';
import { stopSignal } from '../jobs/stop-signal.ts';
import { forPeople } from './for-people.ts';

/** `stowage repository withdraw`: ends a change that cannot go on. */
export interface WithdrawChangeRequest extends ConfiguredCommand {
  readonly kind: 'repository-withdraw';
  readonly name: RepositoryName;
}

/**
 * Withdraws the change of a repository; a registry may serve it. Ends one that has not begun; one that has begun ends when
 * the process that works on it has stopped, so what is printed says whether it has ended.
 * @throws Error that says why it cannot be withdrawn, or that it was completed all the same
 */
export async function run(request: WithdrawChangeRequest, { env, print, note, complain }: Program): Promise<void> {
  const loaded = await loadConfiguration({ path: await chooseFile(request, { say: complain }), env });
  if (isReadOnly(loaded.configuration)) throw new Error('the registry is read-only');
  await requireStorage(loaded);
  await using open = await openJobs(loaded, { log: silentLog });
  const [changer, recorded] = [open.core.get(RepositoryChanger), open.core.get(RecordedChanges)];
  using stopping = stopSignal();
  const { change, problem } = await withdraw(changer, request.name);
  const { action, name, target } = change;
  const what = action === 'delete' ? `the delete of ${name}` : `the rename of ${name} to ${target}`;
  const isCompleted = await recorded.settle(change, { signal: stopping.signal }).then(
    () => true,
    (error: unknown) => {
      if (RegistryError.is(error)) return false;
      throw error;
    },
  );
  if (isCompleted) throw new Error(`${what} was completed: the withdrawal came too late`);
  const found = await recorded.find(change.id);
  if (found === undefined) return print(`${what} has ended, and nothing has recorded how\n`);
  if ('ending' in found) return print(`withdrew ${what}\n`);
  if (problem !== undefined) throw problem;
  print(`recorded the withdrawal of ${what}\n`);
  note('it ends when the process that works on it has stopped, or within half an hour if that process is gone');
}

/** @returns the change, and why it may not end although its withdrawal is recorded: a process has left its sign, and may be gone */
async function withdraw(
  changer: RepositoryChanger,
  name: RepositoryName,
): Promise<{ readonly change: RepositoryChange; readonly problem?: Error }> {
  try {
    return { change: await forPeople(changer.withdraw(name)) };
  } catch (problem) {
    if (!(problem instanceof Error)) throw problem;
    const changes = await changer.unfinished();
    const change = changes.find((each) => each.isWithdrawn === true && namesOf(each).includes(name));
    if (change === undefined) throw problem;
    return { change, problem };
  }
}
