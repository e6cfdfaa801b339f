import type { RestoredTag } from '../../core/admin/tag-restoration.ts';
import type { RepositoryName, Tag } from '../../core/model/reference.ts';
import type { AdminTarget } from '../admin/admin-target.ts';
import type { ExitCode, Program } from '../command.ts';
import { printable } from '../printable.ts';

/** `stowage tag restore`: points a tag back to what it was at a time. */
export type TagRestoreRequest = AdminTarget & {
  readonly kind: 'tag-restore';
  readonly repository: RepositoryName;
  readonly tag: Tag;
  readonly at: Date;
  readonly json: boolean;
};

/**
 * Prints to what the tag points, and to what it pointed before.
 * @throws ClientFailure when it did not exist then, cannot be moved, or its manifest is gone
 */
export async function run(request: TagRestoreRequest, program: Program): Promise<ExitCode | void> {
  const { repository, tag, at, json } = request;
  const show = ({ digest, before }: RestoredTag): void => {
    const time = at.toISOString();
    if (json) return program.print(`${JSON.stringify({ repository, tag, at: time, digest, before })}\n`);
    const instead = before === undefined ? 'it did not exist' : `instead of ${before}`;
    const how = before === digest ? 'already' : `again, ${instead}`;
    program.print(`${printable(`${repository}:${tag} points to ${digest} ${how}`)}\n`);
  };
  if (request.registry !== undefined) {
    const { withRemoteAdministration } = await import('../admin/remote-administration.ts');
    return withRemoteAdministration(request, program, async (administration, signal) => {
      const query = { tag, at: at.toISOString() };
      show(
        (await administration.send('POST', 'tag-history/restore', {
          repository,
          query,
          signal,
        })) as unknown as RestoredTag,
      );
    });
  }
  const { withLocalRestoration } = await import('./local-restoration.ts');
  return withLocalRestoration(request, program, async (restoration) =>
    show(await restoration.restore(repository, tag, at)),
  );
}
