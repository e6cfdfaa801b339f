import { parseImageReference } from '../../client/references/image-reference.ts';
import type { Digest } from '../../core/digest/digest.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import { RegistryError } from '../../core/model/errors.ts';
import { formatBytes } from '../../core/model/units.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { ConnectionRequest } from '../client/connection-request.ts';
import { type OpenImage, openImage } from '../client/open-image.ts';
import { runClient } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';
import { textTable } from '../text-table.ts';

/** `stowage referrers`: lists what refers to an image. */
export interface ReferrersRequest {
  readonly kind: 'referrers';
  readonly image: string;
  readonly artifactType: string | undefined;
  readonly json: boolean;
  readonly connection: ConnectionRequest;
}

/**
 * Prints digest, type and size of each manifest that refers to the image.
 * @throws ClientFailure with 4 when the image is not there and nothing refers to it
 */
export async function run(request: ReferrersRequest, program: Program): Promise<ExitCode | void> {
  return await runClient(request, program, async ({ connections, signal }) => {
    await using open = await openImage(parseImageReference(request.image), connections, { signal });
    const { digest, error } = await findSubject(open, { signal });
    const found: Descriptor[] = [];
    let count = 0;
    for await (const each of open.store.referrers(digest, { signal })) {
      count += 1;
      if (request.artifactType === undefined || each.artifactType === request.artifactType) found.push(each);
    }
    if (error !== undefined && count === 0) throw error;
    if (request.json) program.print(`${JSON.stringify({ subject: digest, referrers: found })}\n`);
    else program.print(textTable(found.map(rowOf)));
  });
}

/** A subject that is named by its digest need not be there. `error` says that it is not. */
async function findSubject(
  { store, reference }: OpenImage,
  context: CallContext,
): Promise<{ readonly digest: Digest; readonly error?: Error }> {
  try {
    const { digest } = await store.manifest(reference, context);
    return { digest };
  } catch (error) {
    if (reference?.kind !== 'digest' || !RegistryError.is(error, 'MANIFEST_UNKNOWN')) throw error;
    return { digest: reference.digest, error };
  }
}

function rowOf({ digest, artifactType, mediaType, size }: Descriptor): readonly string[] {
  return [digest, artifactType ?? mediaType, formatBytes(size)];
}
