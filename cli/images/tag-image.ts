import {
  type FileImage,
  formatImageReference,
  type ImageReference,
  parseImageReference,
} from '../../client/references/image-reference.ts';
import { isTag, parseTag, type Tag } from '../../core/model/reference.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';
import type { ConnectionRequest } from '../client/connection-request.ts';
import { type OpenImage, openImage } from '../client/open-image.ts';
import { type ClientRun, runClient } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import { openRepository } from './open-repository.ts';

/** `stowage tag`: gives an image more tags. */
export interface TagRequest {
  readonly kind: 'tag';
  readonly image: string;
  readonly tags: readonly string[];
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly connection: ConnectionRequest;
}

/** Tags an image in its repository or folder, and prints the reference of each tag. */
export async function run(request: TagRequest, program: Program): Promise<ExitCode | void> {
  return await runClient(request, program, async (client) => {
    const image = parseTaggable(request.image);
    const tags = request.tags.map(givenTag);
    await using open = await openImage(image, client.connections, client);
    const stored = await open.store.manifest(open.reference, client);
    if (request.dryRun) program.note('a dry run: nothing was tagged');
    else await setTags({ image, open, stored, tags }, client);
    const { digest } = stored;
    const names = tags.map((tag) =>
      formatImageReference(image.kind === 'oci' ? { ...image, name: tag, digest } : { ...image, tag, digest }),
    );
    if (request.json) program.print(`${JSON.stringify({ digest, images: names })}\n`);
    else program.print(names.map((name) => `${name}\n`).join(''));
  });
}

type Taggable = Exclude<ImageReference, FileImage> | (FileImage & { readonly kind: 'oci' });

function parseTaggable(text: string): Taggable {
  const image = parseImageReference(text);
  if (image.kind === 'registry' || image.kind === 'store') return image;
  if (image.kind === 'oci') return { ...image, kind: image.kind };
  throw new UsageError('tag takes no archive, which is only written as a whole; "stowage copy" writes one with a tag');
}

interface Tagging {
  readonly image: Taggable;
  readonly open: OpenImage;
  readonly stored: StoredManifest;
  readonly tags: readonly Tag[];
}

async function setTags(
  { image, open, stored, tags: [first, ...others] }: Tagging,
  { connections, signal }: ClientRun,
): Promise<void> {
  if (first === undefined) return;
  if (image.kind === 'oci') {
    await open.store.putManifest({ ...stored, tags: [first, ...others], isPart: false }, { signal });
    return;
  }
  const { registry, repository } = await openRepository(image, connections, { writes: true });
  const manifest = { bytes: stored.bytes, contentType: stored.mediaType, tags: others };
  await registry.manifests.put(repository, { kind: 'tag', tag: first }, manifest, { signal });
}

function givenTag(text: string): Tag {
  if (isTag(text)) return parseTag(text);
  throw new UsageError(`${JSON.stringify(text)} is not a tag: 1 to 128 of A-Z a-z 0-9 _ . -`);
}
