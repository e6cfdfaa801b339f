import type { RemoteAdministration } from '../../client/remote/remote-administration.ts';
import type { TrashAdministration } from '../../core/admin/trash-administration.ts';
import type { Digest } from '../../core/digest/digest.ts';
import { formatReference, type Reference, type RepositoryName } from '../../core/model/reference.ts';
import type { TrashSize } from '../../core/trash/kept-deletions.ts';
import type { ReturnedRepository } from '../../core/trash/repository-return.ts';
import type { Undeleted } from '../../core/trash/undeleter.ts';
import { type DeletionView, deletionView } from '../../server/administration/deletion-view.ts';
import type { AdminTarget } from '../admin/admin-target.ts';
import type { ExitCode, Program } from '../command.ts';

const PAGE = 1000;

/** The trash of a storage, or of a registry that runs. */
export interface TrashAccess {
  /** @param repository absent: all of them */
  list(repository: RepositoryName | undefined): Promise<readonly DeletionView[]>;
  sizeSwept(): Promise<TrashSize>;
  restore(name: RepositoryName, reference: Reference, isForced: boolean): Promise<Undeleted>;
  restoreRepository(name: RepositoryName, isForced: boolean): Promise<ReturnedRepository>;
  /** @returns the repositories that have the blob again */
  restoreContent(digest: Digest): Promise<readonly RepositoryName[]>;
  empty(wanted: { readonly repository: RepositoryName | undefined; readonly dryRun: boolean }): Promise<TrashSize>;
}

/**
 * Runs what a command does with the trash.
 * @throws UsageError when it changes something and the registry of a configuration is read-only; ClientFailure, and what
 * opening a storage throws
 */
export async function withTrash(
  target: AdminTarget & { readonly kind: string; readonly changes: boolean },
  program: Program,
  action: (trash: TrashAccess) => Promise<ExitCode | void>,
): Promise<ExitCode | void> {
  if (target.registry !== undefined) {
    const { withRemoteAdministration } = await import('../admin/remote-administration.ts');
    return withRemoteAdministration(target, program, (administration, signal) =>
      action(remote(administration, signal)),
    );
  }
  const { withLocalTrash } = await import('./local-trash.ts');
  return withLocalTrash(target, program, (trash, signal) => action(local(trash, signal)));
}

function local(trash: TrashAdministration, signal: AbortSignal): TrashAccess {
  return {
    list: async (repository) => {
      const all: DeletionView[] = [];
      let after: string | undefined;
      do {
        const page = await trash.list({ limit: PAGE, after, repository, signal });
        all.push(...page.deletions.map(deletionView));
        after = page.next;
      } while (after !== undefined);
      return all;
    },
    sizeSwept: () => trash.sizeSwept(signal),
    restore: (name, reference, isForced) => trash.restore(name, reference, { isForced, context: undefined }),
    restoreRepository: (name, isForced) => trash.restoreRepository(name, { isForced, context: undefined, signal }),
    restoreContent: async (digest) => (await trash.restoreContent(digest)).repositories,
    empty: (wanted) => trash.empty({ ...wanted, signal }),
  };
}

/** What the registry answers has the form of its own version. */
function remote(administration: RemoteAdministration, signal: AbortSignal): TrashAccess {
  return {
    list: async (repository) => {
      const all: DeletionView[] = [];
      const keys = { entries: 'deletions', id: 'id' };
      const query = { n: String(PAGE) };
      for await (const deletion of administration.list('trash', keys, { repository, query, signal }))
        all.push(deletion as unknown as DeletionView);
      return all;
    },
    sizeSwept: async () => (await administration.get('trash/swept', { signal })) as unknown as TrashSize,
    restore: async (repository, reference, isForced) => {
      const query = { reference: formatReference(reference), force: String(isForced) };
      const back = await administration.send('POST', 'trash/restore', { repository, query, signal });
      return back as unknown as Undeleted;
    },
    restoreRepository: async (repository, isForced) => {
      const query = { whole: 'true', force: String(isForced) };
      const back = await administration.send('POST', 'trash/restore', { repository, query, signal });
      return back as unknown as ReturnedRepository;
    },
    restoreContent: async (digest) => {
      const back = await administration.send('POST', 'trash/restore', { query: { reference: digest }, signal });
      return back['repositories'] as readonly RepositoryName[];
    },
    empty: async ({ repository, dryRun }) => {
      const query = { 'dry-run': String(dryRun) };
      return (await administration.send('DELETE', 'trash', { repository, query, signal })) as unknown as TrashSize;
    },
  };
}
