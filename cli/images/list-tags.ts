import { parseImageReference } from '../../client/references/image-reference.ts';
import type { Tag } from '../../core/model/reference.ts';
import type { ConnectionRequest } from '../client/connection-request.ts';
import { openImage } from '../client/open-image.ts';
import { runClient } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';
import { UsageError } from '../usage-error.ts';

/** `stowage tags`: lists the tags of a repository. */
export interface TagsRequest {
  readonly kind: 'tags';
  readonly repository: string;
  readonly json: boolean;
  readonly connection: ConnectionRequest;
}

/**
 * Prints the tags, one a line, as they come.
 * @throws UsageError when a single image is named
 */
export async function run(request: TagsRequest, program: Program): Promise<ExitCode | void> {
  return await runClient(request, program, async ({ connections, signal }) => {
    await using open = await openImage(parseImageReference(request.repository), connections, { signal });
    if (open.reference !== undefined) throw new UsageError('tags takes a repository without a tag or a digest');
    const tags: Tag[] = [];
    for await (const tag of open.store.tags({ signal })) {
      if (request.json) tags.push(tag);
      else if (!(await program.write(`${tag}\n`))) return;
    }
    if (request.json) program.print(`${JSON.stringify({ name: request.repository, tags })}\n`);
  });
}
