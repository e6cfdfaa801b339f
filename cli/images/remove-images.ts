import { RemoteError } from '../../client/http/remote-error.ts';
import {
  formatImageReference,
  parseImageReference,
  type RegistryImage,
  type StoreImage,
} from '../../client/references/image-reference.ts';
import { removeManifest } from '../../client/stores/remove-manifest.ts';
import type { Reference } from '../../core/model/reference.ts';
import { ClientFailure, clientErrorMessage } from '../client/client-failure.ts';
import type { ConnectionRequest } from '../client/connection-request.ts';
import { openImage } from '../client/open-image.ts';
import { type ClientRun, runClient } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import { openRepository } from './open-repository.ts';

/** `stowage rm`: removes tags or manifests. */
export interface RmRequest {
  readonly kind: 'rm';
  readonly images: readonly string[];
  /** Whether the manifest is removed that a tag points at. */
  readonly manifest: boolean;
  readonly keepGoing: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly connection: ConnectionRequest;
}

type Removable = RegistryImage | StoreImage;

/**
 * Removes images one after the other, and prints the reference of each.
 * @returns 3 when some could not be removed and others were
 */
export async function run(request: RmRequest, program: Program): Promise<ExitCode | void> {
  return await runClient(request, program, async (client) => {
    const images = request.images.map(parseRemovable);
    for (const image of images) if (image.kind === 'registry') await client.connections.remote(image.host);
    let failed = 0;
    const removed: string[] = [];
    const print = (): void => void (request.json && program.print(`${JSON.stringify({ removed })}\n`));
    for (const image of images) {
      try {
        const name = await remove(image, request, client);
        removed.push(name);
        if (!request.json) program.print(`${name}\n`);
      } catch (error) {
        if (!request.keepGoing || client.signal.aborted) {
          print();
          throw error;
        }
        failed += 1;
        program.note(`${formatImageReference(image)}: ${clientErrorMessage(error)}`);
      }
    }
    print();
    if (request.dryRun) program.note('a dry run: nothing was removed');
    if (failed === 0) return 0;
    return failed < images.length ? 3 : 1;
  });
}

/** A mistyped reference without a tag must not remove `latest`. */
function parseRemovable(text: string): Removable {
  const image = parseImageReference(text);
  if (image.kind !== 'registry' && image.kind !== 'store')
    throw new UsageError(
      `${text} is not in a registry, and rm takes nothing out of folders and archives; copy what shall stay to a new one`,
    );
  if (image.tag !== undefined || image.digest !== undefined) return image;
  throw new UsageError(`${text} has neither a tag nor a digest, and rm takes none for granted`);
}

async function remove(image: Removable, request: RmRequest, { connections, signal }: ClientRun): Promise<string> {
  const { tag, digest } = image;
  let reference: Reference = digest === undefined && tag !== undefined ? { kind: 'tag', tag } : byDigest(image);
  if (request.manifest || request.dryRun) {
    await using open = await openImage(image, connections, { signal });
    const stored = await open.store.manifest(open.reference, { signal });
    if (request.manifest) reference = { kind: 'digest', digest: stored.digest };
  }
  const named = {
    ...image,
    tag: reference.kind === 'tag' ? reference.tag : undefined,
    digest: reference.kind === 'digest' ? reference.digest : undefined,
  };
  if (request.dryRun) return formatImageReference(named);
  const { registry, repository } = await openRepository(image, connections, { writes: true });
  try {
    if (reference.kind === 'tag') await registry.manifests.delete(repository, reference, { signal });
    else await removeManifest(registry, { name: repository, digest: reference.digest }, { signal });
  } catch (error) {
    throw reference.kind === 'tag' ? explained(error) : error;
  }
  return formatImageReference(named);
}

function byDigest({ digest }: Removable): Reference {
  if (digest === undefined) throw new UsageError('there is neither a tag nor a digest');
  return { kind: 'digest', digest };
}

/** Many registries remove manifests only. */
function explained(error: unknown): unknown {
  const isUnsupported =
    error instanceof RemoteError &&
    [400, 404, 405].includes(error.status) &&
    error.code !== 'MANIFEST_UNKNOWN' &&
    error.code !== 'NAME_UNKNOWN';
  if (!isUnsupported) return error;
  const advice = 'this registry may not remove tags alone; --manifest removes the manifest with all of its tags';
  return new ClientFailure(`${error.message}; ${advice}`, 1, { cause: error });
}
