import type { WantedPlatform } from '../../client/copy/selection.ts';
import {
  formatImageReference,
  type ImageReference,
  parseImageReference,
} from '../../client/references/image-reference.ts';
import type { ObjectStore } from '../../client/stores/object-store.ts';
import { type Digest, digestOf } from '../../core/digest/digest.ts';
import { readStoredManifest } from '../../core/manifests/stored-manifest.ts';
import { RegistryError } from '../../core/model/errors.ts';
import { isNonDistributable } from '../../core/model/media-types.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';
import type { ConnectionRequest } from '../client/connection-request.ts';
import { openImage } from '../client/open-image.ts';
import { type ClientRun, runClient } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import { readInput } from './input-file.ts';
import { readImage } from './read-image.ts';
import { readableManifest } from './readable-manifest.ts';
import { refuseArchive } from './refuse-archive.ts';

/** `stowage manifest`: prints a manifest, or stores one. */
export interface ManifestRequest {
  readonly kind: 'manifest';
  readonly image: string;
  readonly platform: WantedPlatform | undefined;
  /** The file that is stored; `-` for standard input. */
  readonly put: string | undefined;
  /** Whether a digest is printed as JSON. */
  readonly json: boolean;
  readonly connection: ConnectionRequest;
}

/** Registries take 4 MiB at most. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Prints exactly the bytes of a manifest, or stores those of a file and prints their digest. */
export async function run(request: ManifestRequest, program: Program): Promise<ExitCode | void> {
  return await runClient(request, program, async (client) => {
    const image = parseImageReference(request.image);
    if (request.put !== undefined) {
      refuseArchive(image);
      const bytes = await readInput(request.put, MAX_BYTES, { ...program, signal: client.signal });
      const digest = await store(image, bytes, client);
      program.print(request.json ? `${JSON.stringify({ digest })}\n` : `${digest}\n`);
      return;
    }
    await using open = await openImage(image, client.connections, { signal: client.signal });
    await program.write((await readImage(open, request.platform, client)).bytes);
  });
}

async function store(image: ImageReference, bytes: Buffer, { connections, signal }: ClientRun): Promise<Digest> {
  await using open = await openImage(image, connections, { access: 'write' });
  const digest = digestOf(bytes);
  if (image.digest !== undefined && image.digest !== digest) {
    throw new UsageError(`the manifest is ${digest}, not that of ${formatImageReference(image)}`);
  }
  const { mediaType } = readStoredManifest(bytes);
  const tags = open.tag === undefined ? [] : [open.tag];
  // A registry decides by itself what it takes.
  if (image.kind === 'oci') await checkWhole(open.store, { digest, mediaType, bytes }, { signal });
  await open.store.putManifest({ digest, mediaType, bytes, tags, isPart: false }, { signal });
  return digest;
}

/**
 * Checks what a registry would: that the manifest can be read, and that the configuration and the layers are there.
 * @throws RegistryError `MANIFEST_INVALID`, `DIGEST_INVALID` or `MANIFEST_BLOB_UNKNOWN`
 */
async function checkWhole(store: ObjectStore, manifest: StoredManifest, context: CallContext): Promise<void> {
  for (const { digest, mediaType } of readableManifest(manifest).blobs) {
    if (isNonDistributable(mediaType) || (await store.blobSize(digest, context)) !== undefined) continue;
    throw new RegistryError('MANIFEST_BLOB_UNKNOWN', { store: store.label, digest });
  }
}
