import { formatImageReference, parseImageReference } from '../../client/references/image-reference.ts';
import { isTag, parseTag, type Tag } from '../../core/model/reference.ts';
import type { ConnectionRequest } from '../client/connection-request.ts';
import { openImage } from '../client/open-image.ts';
import { runClient } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import { openRepository } from './open-repository.ts';

/** `stowage tag`: gives an image more tags. */
export interface TagRequest {
  readonly kind: 'tag';
  readonly image: string;
  readonly tags: readonly string[];
  readonly dryRun: boolean;
  readonly connection: ConnectionRequest;
}

/** Tags an image in its repository, and prints the reference of each tag. */
export async function run(request: TagRequest, program: Program): Promise<ExitCode | void> {
  return await runClient(request, program, async ({ connections, signal }) => {
    const image = parseImageReference(request.image);
    if (image.kind !== 'registry' && image.kind !== 'store')
      throw new UsageError('tag takes an image in a registry; "stowage copy" tags those in folders');
    const [first, ...others] = request.tags.map(givenTag);
    if (first === undefined) return;
    await using open = await openImage(image, connections, { signal });
    const { bytes, mediaType, digest } = await open.store.manifest(open.reference, { signal });
    if (!request.dryRun) {
      const { registry, repository } = await openRepository(image, connections, { writes: true });
      const manifest = { bytes, contentType: mediaType, tags: others };
      await registry.manifests.put(repository, { kind: 'tag', tag: first }, manifest, { signal });
    }
    if (request.dryRun) program.note('a dry run: nothing was tagged');
    for (const tag of [first, ...others]) program.print(`${formatImageReference({ ...image, tag, digest })}\n`);
  });
}

function givenTag(text: string): Tag {
  if (isTag(text)) return parseTag(text);
  throw new UsageError(`${JSON.stringify(text)} is not a tag: 1 to 128 of A-Z a-z 0-9 _ . -`);
}
