import { parseImageReference } from '../../client/references/image-reference.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import type { ConnectionRequest } from '../client/connection-request.ts';
import { openImage } from '../client/open-image.ts';
import { runClient } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';
import { formatBytes } from '../progress/quantities.ts';
import { textTable } from '../text-table.ts';

/** `stowage referrers`: lists what refers to an image. */
export interface ReferrersRequest {
  readonly kind: 'referrers';
  readonly image: string;
  readonly artifactType: string | undefined;
  readonly json: boolean;
  readonly connection: ConnectionRequest;
}

/** Prints digest, type and size of each manifest that refers to the image. */
export async function run(request: ReferrersRequest, program: Program): Promise<ExitCode | void> {
  return await runClient(request, program, async ({ connections, signal }) => {
    await using open = await openImage(parseImageReference(request.image), connections, { signal });
    const { digest } = await open.store.manifest(open.reference, { signal });
    const found: Descriptor[] = [];
    for await (const each of open.store.referrers(digest, { signal })) {
      if (request.artifactType === undefined || each.artifactType === request.artifactType) found.push(each);
    }
    if (request.json) program.print(`${JSON.stringify({ subject: digest, referrers: found })}\n`);
    else program.print(textTable(found.map(rowOf)));
  });
}

function rowOf({ digest, artifactType, mediaType, size }: Descriptor): readonly string[] {
  return [digest, artifactType ?? mediaType, formatBytes(size)];
}
