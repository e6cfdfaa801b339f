import { setTimeout as delay } from 'node:timers/promises';
import { RemoteError } from '../../client/http/remote-error.ts';
import type { AdminCall, RemoteAdministration } from '../../client/remote/remote-administration.ts';
import type { ChangeView, EndedChangeView } from '../../server/administration/repository-administration.ts';
import type { RegistryTarget } from '../admin/admin-target.ts';
import { withRemoteAdministration } from '../admin/remote-administration.ts';
import { ClientFailure } from '../client/client-failure.ts';
import type { ExitCode, Program } from '../command.ts';
import { printable } from '../printable.ts';
import { ANNOUNCED, doneLine, type RequestedChange } from './requested-change.ts';

/** How often the registry is asked how far it is, in milliseconds. */
const EVERY_MS = 1_000;
const NOT_FOUND = 404;

type AnyChangeView = ChangeView | EndedChangeView;

/**
 * Lets a registry delete or rename a repository, and waits until that has ended.
 * @throws ClientFailure
 */
export async function changeRemote(
  request: RegistryTarget & RequestedChange,
  program: Program,
): Promise<ExitCode | void> {
  const { wanted, registry, force } = request;
  const stopNote = `the change goes on in ${registry}; the same command waits for it`;
  return withRemoteAdministration({ ...request, stopNote }, program, async (administration, signal) => {
    const { name, target, action } = wanted;
    const forced = { force: String(force) };
    const begun = await (action === 'delete'
      ? administration.send('DELETE', 'repository', { repository: name, query: forced, signal })
      : administration.send('POST', 'repository/changes', { query: { from: name, to: target, ...forced }, signal }));
    const repository = action === 'delete' ? name : undefined;
    const ended = await ending(administration, begun as unknown as ChangeView, { repository, signal, program });
    if (ended.state === 'completed')
      return program.print(doneLine(wanted, { tags: ended.tags ?? 0, manifests: ended.manifests ?? 0 }));
    throw new ClientFailure(printable(`${registry}: ${ended.reason}`), 1);
  });
}

/** Follows a change to its end. */
async function ending(
  administration: RemoteAdministration,
  begun: ChangeView,
  { program, ...call }: Pick<AdminCall, 'repository' | 'signal'> & { readonly program: Program },
): Promise<EndedChangeView> {
  let last: AnyChangeView['state'] | undefined;
  for (let change: AnyChangeView = begun; ; ) {
    if ('endedAt' in change) return change;
    if (change.state !== last) program.note(change.state === 'announced' ? ANNOUNCED : `${change.state}`);
    last = change.state;
    await delay(EVERY_MS, undefined, { signal: call.signal });
    change = await changeNow(administration, begun.id, call);
  }
}

async function changeNow(
  administration: RemoteAdministration,
  id: string,
  call: Pick<AdminCall, 'repository' | 'signal'>,
): Promise<AnyChangeView> {
  try {
    return (await administration.get(`repository/changes/${id}`, call)) as unknown as AnyChangeView;
  } catch (error) {
    if (!(error instanceof RemoteError) || error.status !== NOT_FOUND) throw error;
    // How a change has ended is known before it has ended, unless the storage took no record of it.
    throw new ClientFailure('the change has ended, and the registry could not record how; look at the repository', 1);
  }
}
