import type { Digest } from '../../core/digest/digest.ts';
import type { Reference, RepositoryName } from '../../core/model/reference.ts';
import type { AdminTarget } from '../admin/admin-target.ts';
import type { ExitCode, Program } from '../command.ts';
import { withTrash } from './trash-access.ts';

/** `stowage undelete`: brings back what was deleted. */
export type UndeleteRequest = AdminTarget & {
  readonly kind: 'undelete';
  readonly what: { readonly name: RepositoryName; readonly reference: Reference } | { readonly digest: Digest };
  readonly isForced: boolean;
  readonly json: boolean;
};

/**
 * Prints what came back, a line for each.
 * @throws ClientFailure when it is not in the trash, or a tag points elsewhere by now
 */
export async function run(request: UndeleteRequest, program: Program): Promise<ExitCode | void> {
  const { what, isForced, json } = request;
  return withTrash({ ...request, changes: true }, program, async (trash) => {
    if ('digest' in what) {
      const { digest } = what;
      const repositories = await trash.restoreContent(digest);
      const lines = [`content ${digest}`, ...repositories.map((name) => `blob of ${name}`)];
      program.print(json ? `${JSON.stringify({ blobs: [digest], repositories })}\n` : `${lines.join('\n')}\n`);
      return;
    }
    const { blobs, manifests, tags } = await trash.restore(what.name, what.reference, isForced);
    const lines = [
      ...blobs.map((digest) => `blob ${digest}`),
      ...manifests.map((digest) => `manifest ${digest}`),
      ...tags.map((tag) => `tag ${tag}`),
    ];
    const answer = { repository: what.name, manifests, tags, blobs };
    program.print(json ? `${JSON.stringify(answer)}\n` : `${lines.join('\n')}\n`);
  });
}
