import type { Digest } from '../../core/digest/digest.ts';
import type { Reference, RepositoryName } from '../../core/model/reference.ts';
import type { AdminTarget } from '../admin/admin-target.ts';
import type { ExitCode, Program } from '../command.ts';
import { type TrashAccess, withTrash } from './trash-access.ts';

/** A tag, a manifest or a blob of a repository, all of a repository that was deleted, or a blob wherever it was. */
export type UndeleteSubject =
  | { readonly name: RepositoryName; readonly reference: Reference }
  | { readonly repository: RepositoryName }
  | { readonly digest: Digest };

/** `stowage undelete`: brings back what was deleted. */
export type UndeleteRequest = AdminTarget & {
  readonly kind: 'undelete';
  readonly what: UndeleteSubject;
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
      return undefined;
    }
    if ('repository' in what) return undeleteRepository(trash, { ...request, name: what.repository }, program);
    const { blobs, manifests, tags } = await trash.restore(what.name, what.reference, isForced);
    const lines = [
      ...blobs.map((digest) => `blob ${digest}`),
      ...manifests.map((digest) => `manifest ${digest}`),
      ...tags.map((tag) => `tag ${tag}`),
    ];
    const answer = { repository: what.name, manifests, tags, blobs };
    program.print(json ? `${JSON.stringify(answer)}\n` : `${lines.join('\n')}\n`);
    return undefined;
  });
}

/** Resolves with a failure if some of it did not come back. */
async function undeleteRepository(
  trash: TrashAccess,
  { name, isForced, json }: Pick<UndeleteRequest, 'isForced' | 'json'> & { readonly name: RepositoryName },
  program: Program,
): Promise<ExitCode> {
  const { manifests, tags, lost } = await trash.restoreRepository(name, isForced);
  if (json) program.print(`${JSON.stringify({ repository: name, manifests, tags, lost })}\n`);
  else program.print(`repository ${name}: ${tags} tags, ${manifests} manifests\n`);
  for (const digest of lost)
    program.note(`${name}@${digest} stays in the trash with its tags: its bytes or blobs are gone; see --force`);
  return lost.length > 0 ? 1 : 0;
}
